with events as (

    select
        events.source,
        events.source || ':' || events.native_id as member_id,
        events.occurred_at,
        events.event_type,
        false as is_inferred
    from {{ ref('int_table__events') }} as events
    left join {{ ref('interaction_types') }} as types on events.event_type = types.interaction_type
    where types.interaction_type is null

),

listed_leaves as (

    select
        source,
        member_id,
        left_at as occurred_at,
        'leave' as event_type,
        false as is_inferred
    from {{ ref('int_table__members') }}
    where left_at is not null

)

select * from events
union all
select * from listed_leaves
