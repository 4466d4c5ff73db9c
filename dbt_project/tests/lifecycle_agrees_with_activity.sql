-- Four stages a week; their members, active members and shares add up.
with stages as (

    select
        source,
        week_start,
        count(*) as stages,
        sum(members) as members,
        sum(active_members) as active_members,
        sum(share) as share
    from {{ ref('report_lifecycle') }}
    group by source, week_start

)

select
    activity.source,
    activity.week_start,
    activity.members,
    activity.active_members,
    stages.stages,
    stages.members as members_of_stages,
    stages.active_members as active_members_of_stages,
    stages.share
from {{ ref('report_activity') }} as activity
full outer join stages
    on activity.source = stages.source
    and activity.week_start = stages.week_start
where stages.stages is distinct from 4
    or stages.members is distinct from activity.members
    or stages.active_members is distinct from activity.active_members
    or (stages.members = 0) <> (stages.share is null)
    or abs(stages.share - 1) > 1e-9
