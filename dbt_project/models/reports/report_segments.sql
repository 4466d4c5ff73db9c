-- A member's value holds for all weeks: lists say what somebody is now, and not since when.
with spine as (

    select * from {{ ref('int_source_run_weeks') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

members as (

    select
        source,
        member_id
    from {{ ref('int_community_members') }}
    where not is_excluded

),

-- Of a person's accounts, the one that joined first and has a value.
valued as (

    select
        participants.source,
        participants.member_id,
        attributes.attribute,
        attributes.value
    from {{ ref('int_participants') }} as participants
    inner join {{ ref('int_member_attributes') }} as attributes on participants.account_id = attributes.member_id
    inner join members
        on participants.source = members.source
        and participants.member_id = members.member_id
    where attributes.value is not null
    qualify row_number() over (
        partition by participants.source, participants.member_id, attributes.attribute
        order by participants.joined_at, participants.account_id
    ) = 1

),

-- What the member list tells of anybody, though it were of bots alone, or of nobody yet.
known as (

    select distinct
        participants.source,
        attributes.attribute
    from {{ ref('int_participants') }} as participants
    inner join {{ ref('int_member_attributes') }} as attributes on participants.account_id = attributes.member_id

),

turns as (

    select spans.source, spans.member_id, spans.from_week as week_start, 1 as change
    from {{ ref('int_membership_spans') }} as spans
    where spans.is_member
    union all
    select spans.source, spans.member_id, spans.to_week as week_start, -1 as change
    from {{ ref('int_membership_spans') }} as spans
    where spans.is_member

),

changes as (

    select
        turns.source,
        known.attribute,
        valued.value,
        turns.week_start,
        sum(turns.change) as change
    from turns
    inner join members
        on turns.source = members.source
        and turns.member_id = members.member_id
    inner join known on turns.source = known.source
    left join valued
        on turns.source = valued.source
        and turns.member_id = valued.member_id
        and known.attribute = valued.attribute
    group by turns.source, known.attribute, valued.value, turns.week_start

),

sizes as (

    select
        source,
        attribute,
        value,
        week_start as from_week,
        lead(week_start, 1, {{ end_of_time() }}) over segment as to_week,
        sum(change) over segment as members
    from changes
    window segment as (partition by source, attribute, value order by week_start)

),

active as (

    select
        weeks.source,
        weeks.week_start,
        known.attribute,
        valued.value,
        count(*) as active_members
    from {{ ref('int_active_weeks') }} as weeks
    inner join spine
        on weeks.source = spine.source
        and weeks.week_start = spine.week_start
    inner join known on weeks.source = known.source
    left join valued
        on weeks.source = valued.source
        and weeks.member_id = valued.member_id
        and known.attribute = valued.attribute
    group by weeks.source, weeks.week_start, known.attribute, valued.value

),

segments as (

    select
        spine.source,
        spine.week_start,
        sizes.attribute,
        sizes.value,
        sizes.members,
        coalesce(active.active_members, 0) as active_members,
        -- What is unknown stays unknown and has no place among the values.
        row_number() over (
            partition by spine.source, spine.week_start, sizes.attribute, case when sizes.value is null then 1 else 0 end
            order by sizes.members desc, sizes.value
        ) as place
    from spine
    inner join sizes
        on spine.source = sizes.source
        and sizes.from_week <= spine.week_start
        and spine.week_start < sizes.to_week
    left join active
        on sizes.source = active.source
        and sizes.attribute = active.attribute
        and sizes.value is not distinct from active.value
        and spine.week_start = active.week_start
    where sizes.members > 0

),

folded as (

    select
        segments.source,
        segments.week_start,
        segments.attribute,
        case
            when segments.place <= settings.segment_values_kept then segments.value
            else '(other values)'
        end as value,
        segments.members,
        segments.active_members
    from segments
    cross join settings

)

select
    source,
    week_start,
    attribute,
    value,
    cast(sum(members) as bigint) as members,
    cast(sum(active_members) as bigint) as active_members,
    {{ rate('sum(active_members)', 'sum(members)') }} as active_rate
from folded
group by source, week_start, attribute, value
