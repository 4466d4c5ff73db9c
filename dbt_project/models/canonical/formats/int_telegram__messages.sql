-- A message is known by its chat and id; the version in the later export holds.
with latest as (

    select *
    from {{ ref('int_telegram__message_versions') }}
    where version_age = 1

),

-- In a group with topics every message replies to the message that opened its topic, which nobody wrote.
topics as (

    select
        source,
        content_id
    from latest
    where action = 'topic_created'

)

select
    latest.source,
    latest.chat_id,
    latest.content_id,
    latest.occurred_at,
    latest.action,
    latest.account_id,
    latest.account_name,
    latest.is_bot,
    latest.content_type,
    latest.member_names,
    latest.reactions,
    latest.is_act,
    latest.is_direct,
    latest.is_forwarded,
    case when topics.content_id is null then latest.replied_content_id end as parent_id,
    latest.export_number
from latest
left join topics
    on latest.source = topics.source
    and latest.replied_content_id = topics.content_id
