with posts as (

    select * from {{ ref('int_discourse__posts') }}

),

-- Where posts of several exports bear one number in a topic, as moved posts may, the oldest stands for it.
numbered as (

    select
        source,
        topic_id,
        post_number,
        post_id,
        user_id
    from posts
    qualify row_number() over (partition by source, topic_id, post_number order by post_id) = 1

),

acts as (

    select
        *,
        case when post_number <> 1 then coalesce(reply_to_post_number, 1) end as parent_number
    from posts
    where is_act

)

select
    acts.source,
    acts.source || ':' || acts.post_id as interaction_id,
    acts.source || ':' || acts.user_id as member_id,
    acts.occurred_at,
    case
        when acts.is_private then 'message'
        when acts.post_number = 1 then 'post'
        else 'reply'
    end as interaction_type,
    cast(acts.category_id as varchar) as container_id,
    cast(acts.post_id as varchar) as content_id,
    -- A parent that no export holds is known by its place.
    coalesce(
        cast(parents.post_id as varchar), 'topic/' || acts.topic_id || '/' || acts.parent_number
    ) as parent_id,
    cast(acts.topic_id as varchar) as thread_id,
    acts.source || ':' || parents.user_id as target_member_id,
    acts.content_type,
    'exact' as time_precision
from acts
left join numbered as parents
    on acts.source = parents.source
    and acts.topic_id = parents.topic_id
    and acts.parent_number = parents.post_number
