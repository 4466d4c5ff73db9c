-- One row a week each; who got something back is one of the active, and threads are opened by posts.
select
    activity.source,
    activity.week_start,
    activity.active_members,
    conversation.two_way_members,
    conversation.two_way_share
from {{ ref('report_activity') }} as activity
full outer join {{ ref('report_conversation') }} as conversation
    on activity.source = conversation.source
    and activity.week_start = conversation.week_start
where activity.source is null
    or conversation.source is null
    or conversation.two_way_members > activity.active_members
    or abs(conversation.two_way_share * activity.active_members - conversation.two_way_members) > 1e-6
