-- WhatsApp exports no ids. A message is known by its instant, its author, and its place among what the author wrote at
-- that instant (Android phones give the minute only). Text and length take no part: they change when a message is edited or
-- deleted, or its medium is exported once and left out once. An export that begins or ends within a minute holds fewer of the
-- minute's messages than another one; together they come to as many as the fuller one has.
with versions as (

    select
        messages.*,
        exports.export_number
    from {{ ref('stg_whatsapp__messages') }} as messages
    inner join {{ ref('int_exports') }} as exports
        on messages.source = exports.source
        and messages.export_name = exports.export_name
        and messages.loaded_at = exports.loaded_at
    where messages.account_name is not null

)

select
    source,
    occurred_at,
    account_name,
    place,
    {{ dbt.concat(["'message/'", "cast(occurred_at as varchar)", "'/'", "account_name", "'/'", "cast(place as varchar)"]) }} as content_id,
    text_length,
    content_type
from versions
qualify {{ latest_version("source, occurred_at, account_name, place") }}
