with messages as (

    select * from {{ ref('int_slack__messages') }}

),

messages_as_acts as (

    select
        messages.source,
        messages.source || ':' || messages.channel || '/' || messages.ts as interaction_id,
        messages.source || ':' || messages.actor_id as member_id,
        messages.occurred_at,
        case
            when messages.is_direct then 'message'
            when messages.thread_ts = messages.ts then 'post'
            else 'reply'
        end as interaction_type,
        messages.channel as container_id,
        messages.channel || '/' || messages.ts as content_id,
        case when messages.thread_ts <> messages.ts then messages.channel || '/' || messages.thread_ts end as parent_id,
        messages.channel || '/' || messages.thread_ts as thread_id,
        case
            when messages.thread_ts <> messages.ts
                -- Under what a bot posted, the export names nobody.
                then messages.source || ':' || coalesce(messages.parent_user_id, roots.actor_id)
        end as target_member_id,
        case
            when len(messages.mimetypes) > 0 then {{ content_type_of_files('messages.mimetypes') }}
            when messages.has_link then 'link'
            else 'text'
        end as content_type,
        'exact' as time_precision
    from messages
    left join messages as roots
        on messages.source = roots.source
        and messages.channel = roots.channel
        and messages.thread_ts = roots.ts
        and messages.ts <> roots.ts
    where messages.is_act
        and messages.actor_id is not null

),

-- Who reacted is exported, when is not: a reaction takes the instant of its message.
reactors as (

    select
        source,
        channel,
        ts,
        occurred_at,
        thread_ts,
        actor_id,
        unnest(reactions) as reaction
    from messages

),

reactions_by_user as (

    select distinct
        source,
        channel,
        ts,
        occurred_at,
        thread_ts,
        actor_id,
        reaction.name as reaction_name,
        unnest(reaction.users) as user_id
    from reactors

),

reactions_as_acts as (

    select
        source,
        source || ':' || channel || '/' || ts || '/' || reaction_name || '/' || user_id as interaction_id,
        source || ':' || user_id as member_id,
        occurred_at,
        'reaction' as interaction_type,
        channel as container_id,
        channel || '/' || ts as content_id,
        channel || '/' || ts as parent_id,
        channel || '/' || thread_ts as thread_id,
        source || ':' || actor_id as target_member_id,
        cast(null as varchar) as content_type,
        'inherited' as time_precision
    from reactions_by_user
    where user_id is not null

)

select * from messages_as_acts
union all
select * from reactions_as_acts
