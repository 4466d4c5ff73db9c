with acts as (

    {{ union_formats('interactions') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

types as (

    select * from {{ ref('interaction_types') }}

),

-- Local time is dear to compute, and instants are many in few hours: each hour's is computed once.
distinct_hours as (

    select distinct {{ dbt.date_trunc('hour', 'occurred_at') }} as starts_at
    from acts

),

hours as (

    select
        distinct_hours.starts_at,
        {{ local_time('distinct_hours.starts_at', 'settings.timezone') }} as local_start,
        {{ local_time(dbt.dateadd('hour', 1, 'distinct_hours.starts_at'), 'settings.timezone') }} as local_end
    from distinct_hours
    cross join settings

),

timed as (

    select
        acts.*,
        types.participation,
        case
            -- Clocks that change within the hour, as they may at half past, leave no shortcut.
            when hours.local_end = {{ dbt.dateadd('hour', 1, 'hours.local_start') }}
                then hours.local_start + (acts.occurred_at - hours.starts_at)
            else {{ local_time('acts.occurred_at', 'settings.timezone') }}
        end as local_at,
        settings.week_anchor
    from acts
    inner join types on acts.interaction_type = types.interaction_type
    inner join hours on {{ dbt.date_trunc('hour', 'acts.occurred_at') }} = hours.starts_at
    cross join settings

),

dated as (

    select
        timed.*,
        cast(local_at as date) as local_date
    from timed

)

select
    interaction_id,
    source,
    member_id,
    occurred_at,
    interaction_type,
    participation = 'active' as is_active,
    container_id,
    content_id,
    parent_id,
    thread_id,
    target_member_id,
    content_type,
    time_precision,
    local_date,
    cast(extract(hour from local_at) as integer) as local_hour,
    {{ week_of('local_date', 'week_anchor') }} as week_start
from dated
