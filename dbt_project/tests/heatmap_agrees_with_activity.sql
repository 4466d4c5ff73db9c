-- 168 hours a week; what happened in them is what happened in the week.
with weeks as (

    select
        source,
        week_start,
        count(*) as cells,
        sum(interactions) as interactions,
        max(active_members) as most_members,
        sum(active_members) as members_of_hours
    from {{ ref('report_heatmap') }}
    group by source, week_start

)

select
    activity.source,
    activity.week_start,
    activity.interactions,
    weeks.cells,
    weeks.interactions as interactions_of_hours,
    activity.active_members,
    weeks.most_members,
    weeks.members_of_hours
from {{ ref('report_activity') }} as activity
full outer join weeks
    on activity.source = weeks.source
    and activity.week_start = weeks.week_start
where weeks.cells is distinct from 168
    or weeks.interactions is distinct from activity.interactions
    or weeks.most_members > activity.active_members
    or weeks.members_of_hours < activity.active_members
