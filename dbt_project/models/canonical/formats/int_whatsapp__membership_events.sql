with sentences as (

    select distinct
        source,
        occurred_at,
        event_type,
        unnest(about_names) as account_name
    from {{ ref('stg_whatsapp__messages') }}
    where event_type is not null

),

-- Whoever was removed is gone as well.
events as (

    select * from sentences
    union all
    select source, occurred_at, 'leave' as event_type, account_name from sentences where event_type = 'removed'

)

select distinct
    source,
    source || ':' || account_name as member_id,
    occurred_at,
    event_type,
    false as is_inferred
from events
