-- A post and what answers it are one thread: what the server calls the conversation, wherever one of them says so; else
-- the post at the root. The way there also leads over answers that are not public.
with notes as (

    select
        source,
        object_id as content_id,
        min(in_reply_to) as parent_id,
        min(conversation) as conversation
    from {{ ref('int_mastodon__activities') }}
    where activity_type = 'Create'
    group by source, object_id

),

roots as (

    with {{ thread_roots('notes') }}

)

select
    notes.source,
    notes.content_id,
    coalesce(
        notes.conversation,
        min(notes.conversation) over (partition by notes.source, roots.thread_id),
        roots.thread_id
    ) as thread_id
from notes
inner join roots
    on notes.source = roots.source
    and notes.content_id = roots.content_id
