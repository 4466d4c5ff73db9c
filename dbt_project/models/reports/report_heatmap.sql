{{ config(**joins_as_written()) }}

with spine as (

    select * from {{ ref('int_source_run_weeks') }}

),

weekdays as (

    {{ number_rows(range(1, 8), 'iso_weekday') }}

),

hours as (

    {{ number_rows(range(24), '"hour"') }}

),

acts as (

    select
        member_id,
        week_start,
        -- 1900-01-01 was a Monday; weeks may begin on Sunday, weekdays are counted from Monday all the same.
        mod({{ days_between("cast('1900-01-01' as date)", 'local_date') }}, 7) + 1 as iso_weekday,
        local_hour as "hour",
        count(*) as interactions
    from {{ ref('int_interactions') }}
    where is_active
        and member_id is not null
        and week_start in (select week_start from {{ source('control', 'run_weeks') }})
    group by member_id, week_start, local_date, local_hour

),

cells as (

    select
        participants.source,
        acts.week_start,
        acts.iso_weekday,
        acts."hour",
        sum(acts.interactions) as interactions,
        count(distinct participants.member_id) as active_members
    from acts
    inner join {{ ref('int_participants') }} as participants on acts.member_id = participants.account_id
    inner join {{ ref('int_active_weeks') }} as active
        on participants.source = active.source
        and participants.member_id = active.member_id
        and acts.week_start = active.week_start
    group by participants.source, acts.week_start, acts.iso_weekday, acts."hour"

)

select
    spine.source,
    spine.week_start,
    cast(weekdays.iso_weekday as integer) as iso_weekday,
    cast(hours."hour" as integer) as "hour",
    cast(coalesce(cells.interactions, 0) as bigint) as interactions,
    cast(coalesce(cells.active_members, 0) as bigint) as active_members
from spine
cross join weekdays
cross join hours
left join cells
    on spine.source = cells.source
    and spine.week_start = cells.week_start
    and weekdays.iso_weekday = cells.iso_weekday
    and hours."hour" = cells."hour"
