-- The active kinds add up to the interactions of the week, and the passive ones to its views.
with kinds as (

    select
        source,
        week_start,
        sum(case when participation = 'active' then interactions else 0 end) as interactions,
        max(case when participation = 'active' then members else 0 end) as most_members,
        sum(case when participation = 'active' then members else 0 end) as members_of_kinds,
        sum(case when participation = 'passive' then interactions end) as passive_interactions
    from {{ ref('report_interaction_mix') }}
    group by source, week_start

)

select
    activity.source,
    activity.week_start,
    activity.interactions,
    kinds.interactions as interactions_of_kinds,
    activity.active_members,
    kinds.most_members,
    kinds.members_of_kinds,
    activity.views,
    kinds.passive_interactions
from {{ ref('report_activity') }} as activity
full outer join kinds
    on activity.source = kinds.source
    and activity.week_start = kinds.week_start
where kinds.interactions is distinct from activity.interactions
    or kinds.passive_interactions is distinct from activity.views
    or kinds.most_members > activity.active_members
    or kinds.members_of_kinds < activity.active_members
