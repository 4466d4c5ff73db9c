-- Only the cells of this run's weeks: each week adds one cell to every cohort up to its own.
with active_weeks as (

    select * from {{ ref('int_active_weeks') }}

),

cohorts as (

    select
        source,
        first_active_week as cohort_week,
        count(*) as cohort_size
    from active_weeks
    where week_start = first_active_week
    group by source, first_active_week

),

active as (

    select
        source,
        first_active_week as cohort_week,
        week_start,
        count(*) as active_members
    from active_weeks
    where is_of_cohort
    group by source, first_active_week, week_start

)

select
    cohorts.source,
    cohorts.cohort_week,
    {{ weeks_between('cohorts.cohort_week', 'spine.week_start') }} as weeks_since,
    cast(cohorts.cohort_size as bigint) as cohort_size,
    cast(coalesce(active.active_members, 0) as bigint) as active_members,
    {{ rate('coalesce(active.active_members, 0)', 'cohorts.cohort_size') }} as retention,
    spine.week_start
from {{ ref('int_source_run_weeks') }} as spine
inner join cohorts
    on spine.source = cohorts.source
    and cohorts.cohort_week <= spine.week_start
left join active
    on cohorts.source = active.source
    and cohorts.cohort_week = active.cohort_week
    and spine.week_start = active.week_start
