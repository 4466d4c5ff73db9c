-- An active member is in one cohort, or in none if their first active week was not a member's: the cohorts' active members
-- add up to at most the week's, and the week's own cohort is made of its newly active ones.
with weeks as (

    select
        source,
        week_start,
        sum(active_members) as active_members,
        sum(case when weeks_since = 0 then cohort_size else 0 end) as new_active
    from {{ ref('report_retention') }}
    group by source, week_start

)

select
    activity.source,
    activity.week_start,
    activity.active_members,
    weeks.active_members as active_members_of_cohorts,
    activity.new_active,
    weeks.new_active as new_cohort
from {{ ref('report_activity') }} as activity
left join weeks
    on activity.source = weeks.source
    and activity.week_start = weeks.week_start
where activity.active_members < coalesce(weeks.active_members, 0)
    or activity.new_active <> coalesce(weeks.new_active, 0)
