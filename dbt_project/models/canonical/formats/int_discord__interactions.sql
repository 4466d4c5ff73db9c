with messages as (

    select * from {{ ref('int_discord__messages') }}

),

messages_as_acts as (

    select
        messages.source,
        messages.source || ':' || messages.content_id as interaction_id,
        messages.source || ':' || messages.author_id as member_id,
        messages.occurred_at,
        case
            when messages.is_direct then 'message'
            when messages.is_forwarded then 'share'
            when messages.parent_id is not null then 'reply'
            when messages.message_type = 'Reply' then 'reply'
            else 'post'
        end as interaction_type,
        messages.channel_id as container_id,
        messages.content_id,
        messages.parent_id,
        threads.thread_id,
        parents.source || ':' || parents.author_id as target_member_id,
        messages.content_type,
        'exact' as time_precision
    from messages
    inner join {{ ref('int_discord__threads') }} as threads
        on messages.source = threads.source
        and messages.content_id = threads.content_id
    left join messages as parents
        on messages.source = parents.source
        and messages.parent_id = parents.content_id
    where messages.is_act

),

-- Who reacted is exported, when is not: a reaction takes the instant of its message.
reactions as (

    select
        source,
        channel_id,
        content_id,
        occurred_at,
        author_id,
        unnest(reactions) as reaction
    from messages

),

reactors as (

    select
        source,
        channel_id,
        content_id,
        occurred_at,
        author_id,
        reaction.emoji,
        unnest(reaction.users) as reactor
    from reactions

),

reactions_by_user as (

    select distinct
        source,
        channel_id,
        content_id,
        occurred_at,
        author_id,
        emoji,
        reactor.user_id
    from reactors

),

reactions_as_acts as (

    select
        reactions_by_user.source,
        reactions_by_user.source || ':' || reactions_by_user.content_id || '/' || reactions_by_user.emoji || '/'
        || reactions_by_user.user_id as interaction_id,
        reactions_by_user.source || ':' || reactions_by_user.user_id as member_id,
        reactions_by_user.occurred_at,
        'reaction' as interaction_type,
        reactions_by_user.channel_id as container_id,
        reactions_by_user.content_id,
        reactions_by_user.content_id as parent_id,
        coalesce(threads.thread_id, reactions_by_user.content_id) as thread_id,
        reactions_by_user.source || ':' || reactions_by_user.author_id as target_member_id,
        cast(null as varchar) as content_type,
        'inherited' as time_precision
    from reactions_by_user
    left join {{ ref('int_discord__threads') }} as threads
        on reactions_by_user.source = threads.source
        and reactions_by_user.content_id = threads.content_id

)

select * from messages_as_acts
union all
select * from reactions_as_acts
