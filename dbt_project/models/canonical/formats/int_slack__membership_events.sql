with messages as (

    select * from {{ ref('int_slack__messages') }}

),

-- The first channel an account joins is its joining of the workspace.
joins as (

    select
        source,
        source || ':' || user_id as member_id,
        min(occurred_at) as occurred_at,
        'join' as event_type,
        false as is_inferred
    from messages
    where subtype in ('channel_join', 'group_join') and user_id is not null
    group by source, user_id

),

last_acts as (

    select
        member_id,
        max(occurred_at) as last_act_at
    from {{ ref('int_slack__interactions') }}
    group by member_id

),

-- Slack says that an account is deactivated, not since when: at the earliest when it was last updated or seen acting.
leaves as (

    select
        users.source,
        users.source || ':' || users.user_id as member_id,
        greatest(users.updated_at, last_acts.last_act_at) as occurred_at,
        'leave' as event_type,
        true as is_inferred
    from {{ ref('int_slack__users') }} as users
    left join last_acts on last_acts.member_id = users.source || ':' || users.user_id
    where users.is_deleted and coalesce(users.updated_at, last_acts.last_act_at) is not null

)

select * from joins
union all
select * from leaves
