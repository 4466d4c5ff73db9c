with events as (

    select
        events.source,
        events.source || ':' || events.native_id as member_id,
        events.occurred_at,
        events.event_type,
        false as is_inferred
    from {{ ref('int_table__events') }} as events
    -- Named one by one, so that of millions of acts no more is read than their type.
    where events.event_type in ({{ membership_event_types() | join(', ') }})

),

members as (

    select * from {{ ref('int_table__members') }}

),

listed_leaves as (

    select
        source,
        member_id,
        left_at as occurred_at,
        'leave' as event_type,
        false as is_inferred
    from members
    where left_at is not null

),

first_leaves as (

    select
        member_id,
        min(occurred_at) as left_at
    from (
        select * from events
        union all
        select * from listed_leaves
    ) as known
    where event_type = 'leave'
    group by member_id

),

-- Whom the list has joining after they left has come back, though no event tells.
listed_returns as (

    select
        members.source,
        members.member_id,
        members.joined_at as occurred_at,
        'join' as event_type,
        false as is_inferred
    from members
    inner join first_leaves on members.member_id = first_leaves.member_id
    where members.joined_at > first_leaves.left_at

)

select * from events
union all
select * from listed_leaves
union all
select * from listed_returns
