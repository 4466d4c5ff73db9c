with statistics as (

    {{ union_formats('content_statistics') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

dated as (

    select
        statistics.*,
        cast({{ local_time('statistics.occurred_at', 'settings.timezone') }} as date) as local_date,
        settings.week_anchor
    from statistics
    cross join settings

)

select
    source,
    content_id,
    target_member_id,
    statistic,
    quantity,
    occurred_at,
    time_precision,
    {{ week_of('local_date', 'week_anchor') }} as week_start
from dated
