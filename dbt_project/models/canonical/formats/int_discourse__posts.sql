-- A post is known by its id; of several versions the one that was changed last holds, and of versions alike in that the
-- one in the later export.
with versions as (

    {{ versions_of(ref('stg_discourse__posts')) }}

),

-- Whether a conversation is private is said by some of its files: the latest that says so speaks for the whole topic.
topics as (

    select
        source,
        topic_id,
        is_private
    from versions
    where is_private is not null
    qualify row_number() over (
        partition by source, topic_id
        order by export_number desc, updated_at desc, file_name desc, row_number_in_file desc
    ) = 1

),

latest as (

    select *
    from versions
    qualify row_number() over (
        partition by source, post_id
        order by updated_at desc, export_number desc, file_name desc, row_number_in_file desc
    ) = 1

)

select
    latest.source,
    latest.post_id,
    latest.occurred_at,
    latest.topic_id,
    latest.post_number,
    latest.reply_to_post_number,
    latest.category_id,
    latest.is_act,
    coalesce(topics.is_private, false) as is_private,
    latest.user_id,
    latest.username,
    latest.is_official,
    latest.content_type,
    latest.reactions
from latest
left join topics
    on latest.source = topics.source
    and latest.topic_id = topics.topic_id
