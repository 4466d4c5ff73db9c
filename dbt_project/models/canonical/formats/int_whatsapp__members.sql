-- There is no member list: a member is a name, as the phone's contacts have it, that writes, comes or goes.
with sightings as (

    select
        source,
        account_name,
        occurred_at
    from {{ ref('int_whatsapp__messages') }}

    union all

    select
        source,
        unnest(about_names) as account_name,
        occurred_at
    from {{ ref('stg_whatsapp__messages') }}
    where event_type is not null

)

select
    source,
    source || ':' || account_name as member_id,
    account_name as native_id,
    account_name as member_name,
    false as is_bot,
    false as is_official,
    cast(null as timestamp) as joined_at,
    cast(null as timestamp) as listed_at,
    min(occurred_at) as seen_at
from sightings
group by source, account_name
