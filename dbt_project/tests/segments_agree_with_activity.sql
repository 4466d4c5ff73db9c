-- Every attribute splits all members of the week, and all of its active ones.
with segments as (

    select
        source,
        week_start,
        attribute,
        sum(members) as members,
        sum(active_members) as active_members
    from {{ ref('report_segments') }}
    group by source, week_start, attribute

)

select
    segments.*,
    activity.members as members_of_the_week,
    activity.active_members as active_members_of_the_week
from segments
left join {{ ref('report_activity') }} as activity
    on segments.source = activity.source
    and segments.week_start = activity.week_start
where segments.members is distinct from activity.members
    or segments.active_members is distinct from activity.active_members
