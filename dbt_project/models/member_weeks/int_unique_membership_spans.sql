-- Weeks at whose end somebody belongs to the community, or has left it: judged by what was known at that end.
with participants as (

    select *
    from {{ ref('int_participants') }} as members
    where {{ is_computed('members') }}

),

-- The last join or leave of a week decides; an account is a member from the week it joined.
account_states as (

    select
        participants.source,
        participants.member_id,
        participants.account_id,
        participants.is_same_in_all,
        participants.joined_week as week_start,
        true as is_member,
        cast(null as timestamp) as occurred_at,
        0 as precedence
    from participants

    union all

    select
        participants.source,
        participants.member_id,
        participants.account_id,
        participants.is_same_in_all,
        greatest(events.week_start, participants.joined_week) as week_start,
        events.event_type = 'join' as is_member,
        events.occurred_at,
        case when events.event_type = 'join' then 2 else 1 end as precedence
    from participants
    inner join {{ ref('int_membership_events') }} as events on participants.account_id = events.member_id
    where events.event_type in ('join', 'leave')

),

account_weeks as (

    select *
    from account_states
    qualify row_number() over (
        partition by source, member_id, account_id, week_start
        order by occurred_at desc nulls last, precedence desc
    ) = 1

),

account_changes as (

    select
        *,
        case when is_member then 1 else 0 end
        - lag(case when is_member then 1 else 0 end, 1, 0) over (
            partition by source, member_id, account_id
            order by week_start
        ) as change
    from account_weeks

),

-- Somebody belongs as long as any of their accounts does.
member_changes as (

    select
        source,
        member_id,
        is_same_in_all,
        week_start,
        sum(change) as change,
        max(case when not is_member then occurred_at end) as left_at
    from account_changes
    group by source, member_id, is_same_in_all, week_start

),

member_states as (

    select
        source,
        member_id,
        is_same_in_all,
        week_start,
        left_at,
        sum(change) over (partition by source, member_id order by week_start) > 0 as is_member
    from member_changes

),

turns as (

    select *
    from member_states
    qualify is_member is distinct from lag(is_member) over (partition by source, member_id order by week_start)

)

select
    source,
    member_id,
    is_same_in_all,
    is_member,
    week_start as from_week,
    lead(week_start, 1, {{ end_of_time() }}) over (partition by source, member_id order by week_start) as to_week,
    case when not is_member then left_at end as left_at
from turns
