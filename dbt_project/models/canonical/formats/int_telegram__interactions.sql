with messages as (

    select * from {{ ref('int_telegram__messages') }}

),

threads as (

    select * from {{ ref('int_telegram__threads') }}

),

messages_as_acts as (

    select
        messages.source,
        messages.source || ':' || messages.content_id as interaction_id,
        messages.source || ':' || messages.account_id as member_id,
        messages.occurred_at,
        case
            when messages.is_direct then 'message'
            when messages.is_forwarded then 'share'
            when messages.parent_id is not null then 'reply'
            else 'post'
        end as interaction_type,
        messages.chat_id as container_id,
        messages.content_id,
        messages.parent_id,
        threads.thread_id,
        parents.source || ':' || parents.account_id as target_member_id,
        messages.content_type,
        'exact' as time_precision
    from messages
    inner join threads
        on messages.source = threads.source
        and messages.content_id = threads.content_id
    left join messages as parents
        on messages.source = parents.source
        and messages.parent_id = parents.content_id
    where messages.is_act

),

reactions_as_acts as (

    select
        reactors.source,
        reactors.source || ':' || reactors.content_id || '/' || reactors.emoji || '/' || reactors.account_id as interaction_id,
        reactors.source || ':' || reactors.account_id as member_id,
        reactors.occurred_at,
        'reaction' as interaction_type,
        reactors.chat_id as container_id,
        reactors.content_id,
        reactors.content_id as parent_id,
        coalesce(threads.thread_id, reactors.content_id) as thread_id,
        reactors.source || ':' || reactors.author_id as target_member_id,
        cast(null as varchar) as content_type,
        reactors.time_precision
    from {{ ref('int_telegram__reactors') }} as reactors
    left join threads
        on reactors.source = threads.source
        and reactors.content_id = threads.content_id
    where not reactors.is_withdrawn

)

select * from messages_as_acts
union all
select * from reactions_as_acts
