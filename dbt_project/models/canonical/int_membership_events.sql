with exported as (

    {{ union_formats('membership_events') }}

),

events as (

    select * from exported
    union all
    select * from {{ ref('int_listing_events') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

dated as (

    select
        events.*,
        cast({{ local_time('events.occurred_at', 'settings.timezone') }} as date) as local_date,
        settings.week_anchor
    from events
    cross join settings

)

select
    source,
    member_id,
    occurred_at,
    event_type,
    is_inferred,
    {{ week_of('local_date', 'week_anchor') }} as week_start
from dated
