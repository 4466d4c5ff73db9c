with acts as (

    {{ union_formats('interactions') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

types as (

    select * from {{ ref('interaction_types') }}

),

timed as (

    select
        acts.*,
        types.participation,
        {{ local_time('acts.occurred_at', 'settings.timezone') }} as local_at,
        settings.week_anchor
    from acts
    inner join types on acts.interaction_type = types.interaction_type
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
