-- Weeks in which somebody left the community. A view: one report reads it.
{{ config(materialized='view') }}
with spans as (

    select * from {{ ref('int_membership_spans') }}

),

-- Weeks whose last word of an account is that it left; one that only began to be known may have left with its first.
last_words as (

    select
        accounts.source,
        accounts.member_id,
        events.week_start
    from {{ ref('int_participants') }} as accounts
    inner join {{ ref('int_membership_events') }} as events on accounts.account_id = events.member_id
    where events.event_type in ('join', 'leave')
    group by accounts.source, accounts.member_id, accounts.account_id, accounts.joined_week, events.week_start
    having
        max(case when events.event_type = 'leave' then events.occurred_at end)
        > max(case when events.event_type = 'join' then events.occurred_at end)
        or (count(case when events.event_type = 'join' then 1 end) = 0 and accounts.joined_week = events.week_start)

),

leavings as (

    select
        spans.source,
        spans.member_id,
        spans.from_week as week_start
    from spans
    cross join {{ source('control', 'settings') }} as settings
    where not spans.is_member
        -- Whoever is seen leaving before the member list has them joining leaves no week in which there was a member to leave.
        and cast({{ local_time('spans.left_at', 'settings.timezone') }} as date) >= spans.from_week

    union

    -- Who leaves a second time while away has left once; who came back in between leaves anew.
    select
        spans.source,
        spans.member_id,
        last_words.week_start
    from last_words
    inner join spans
        on last_words.source = spans.source
        and last_words.member_id = spans.member_id
        and last_words.week_start > spans.from_week
        and last_words.week_start < spans.to_week
    where not spans.is_member

)

select
    leavings.source,
    leavings.member_id,
    leavings.week_start
from leavings
inner join {{ ref('int_community_members') }} as members
    on leavings.source = members.source
    and leavings.member_id = members.member_id
where not members.is_excluded
