with messages as (

    select * from {{ ref('int_zulip__messages') }}

),

messages_as_acts as (

    select
        messages.source,
        messages.source || ':' || messages.message_id as interaction_id,
        messages.source || ':' || messages.native_id as member_id,
        messages.occurred_at,
        case
            when messages.is_direct then 'message'
            when messages.message_id = messages.first_message_id then 'post'
            else 'reply'
        end as interaction_type,
        messages.container_id,
        cast(messages.message_id as varchar) as content_id,
        case
            when messages.message_id <> messages.first_message_id then cast(messages.first_message_id as varchar)
        end as parent_id,
        case when not messages.is_direct then messages.container_id || '/' || messages.topic end as thread_id,
        case
            when messages.is_direct then messages.source || ':' || messages.addressee_id
            when messages.message_id <> messages.first_message_id
                then messages.source || ':' || first_messages.native_id
        end as target_member_id,
        messages.content_type,
        'exact' as time_precision
    from messages
    left join messages as first_messages
        on messages.source = first_messages.source
        and messages.first_message_id = first_messages.message_id

),

-- Who reacted is exported, when is not: a reaction takes the instant of its message. A reaction to a message that no
-- export holds has no instant at all.
reactions as (

    select * from {{ ref('int_zulip__reactions') }}

),

reactions_as_acts as (

    select
        messages.source,
        messages.source || ':' || messages.message_id || '/' || reactions.emoji || '/' || reactions.user_id
            as interaction_id,
        messages.source || ':' || reactions.user_id as member_id,
        messages.occurred_at,
        'reaction' as interaction_type,
        messages.container_id,
        cast(messages.message_id as varchar) as content_id,
        cast(messages.message_id as varchar) as parent_id,
        case when not messages.is_direct then messages.container_id || '/' || messages.topic end as thread_id,
        messages.source || ':' || messages.native_id as target_member_id,
        cast(null as varchar) as content_type,
        'inherited' as time_precision
    from reactions
    inner join messages
        on reactions.source = messages.source
        and reactions.message_id = messages.message_id

)

select * from messages_as_acts
union all
select * from reactions_as_acts
