-- The engagement rate is what all types of content received together, for each member.
with received as (

    select
        source,
        week_start,
        sum(coalesce(reactions, 0) + coalesce(replies, 0) + shares) as engagements
    from {{ ref('report_content') }}
    group by source, week_start

)

select
    activity.source,
    activity.week_start,
    activity.engagement_rate,
    activity.members,
    received.engagements
from {{ ref('report_activity') }} as activity
full outer join received
    on activity.source = received.source
    and activity.week_start = received.week_start
where activity.source is null
    or abs(activity.engagement_rate * activity.members - coalesce(received.engagements, 0)) > 1e-6
    or (activity.engagement_rate is null and activity.members > 0 and received.engagements > 0)
