-- Every member is in one tier; the tiers say of the active, the lurking and the absent what the activity says.
with tiers as (

    select
        source,
        week_start,
        count(*) as tiers,
        sum(members) as members,
        sum(case when tier in ('creator', 'contributor') then members else 0 end) as active_members,
        sum(case when tier = 'lurker' then members end) as lurking_members,
        sum(case when tier = 'absent' then members end) as absent_members,
        sum(share) as share
    from {{ ref('report_pyramid') }}
    group by source, week_start

)

select
    activity.source,
    activity.week_start,
    activity.members,
    tiers.tiers,
    tiers.members as members_of_tiers,
    tiers.active_members,
    tiers.share
from {{ ref('report_activity') }} as activity
full outer join tiers
    on activity.source = tiers.source
    and activity.week_start = tiers.week_start
where tiers.tiers is distinct from case when activity.observes_views then 4 else 3 end
    or tiers.members is distinct from activity.members
    or tiers.active_members is distinct from activity.active_members
    or tiers.lurking_members is distinct from activity.lurking_members
    or tiers.absent_members is distinct from activity.absent_members
    or (tiers.members = 0) <> (tiers.share is null)
    or abs(tiers.share - 1) > 1e-9
