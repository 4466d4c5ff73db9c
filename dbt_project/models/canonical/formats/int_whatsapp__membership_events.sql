with events as (

    select distinct
        source,
        occurred_at,
        event_type,
        unnest(about_names) as account_name
    from {{ ref('stg_whatsapp__messages') }}
    where event_type is not null

)

select
    source,
    source || ':' || account_name as member_id,
    occurred_at,
    event_type,
    false as is_inferred
from events
