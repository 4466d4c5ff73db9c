with spine as (

    select * from {{ ref('int_source_run_weeks') }}

),

events as (

    select
        participants.source,
        participants.member_id,
        members.is_excluded,
        events.event_type,
        events.is_inferred,
        events.week_start
    from {{ ref('int_membership_events') }} as events
    inner join {{ ref('int_participants') }} as participants on events.member_id = participants.account_id
    inner join {{ ref('int_community_members') }} as members
        on participants.source = members.source
        and participants.member_id = members.member_id
    where events.event_type <> 'join'

),

-- What a source has never shown, and is not known to show, has no row: nobody can tell whether it happened.
shown as (

    select
        spine.source,
        spine.week_start,
        events.event_type
    from spine
    inner join events
        on spine.source = events.source
        and events.week_start <= spine.week_start
    group by spine.source, spine.week_start, events.event_type

    union

    select
        spine.source,
        spine.week_start,
        'leave' as event_type
    from spine
    inner join {{ source('control', 'sources') }} as sources on spine.source in (sources.source, 'all')
    where sources.observes_leaves

),

counted as (

    select
        source,
        week_start,
        event_type,
        count(*) as events,
        count(distinct member_id) as members,
        sum(case when is_inferred then 1 else 0 end) as inferred
    from events
    where not is_excluded
    group by source, week_start, event_type

)

select
    shown.source,
    shown.week_start,
    shown.event_type,
    cast(coalesce(counted.events, 0) as bigint) as events,
    cast(coalesce(counted.members, 0) as bigint) as members,
    {{ rate('1000 * coalesce(counted.events, 0)', 'activity.active_members') }} as per_1000_active,
    cast(coalesce(counted.inferred, 0) as bigint) as inferred,
    activity.active_members
from shown
inner join {{ ref('report_activity') }} as activity
    on shown.source = activity.source
    and shown.week_start = activity.week_start
left join counted
    on shown.source = counted.source
    and shown.week_start = counted.week_start
    and shown.event_type = counted.event_type
