select
    source,
    content_id,
    member_id,
    interaction_type,
    content_type,
    occurred_at,
    container_id,
    parent_id,
    thread_id,
    week_start
from {{ ref('int_interactions') }}
where interaction_type in ('post', 'reply', 'message')
    and content_id is not null
qualify row_number() over (partition by source, content_id order by occurred_at, interaction_id) = 1
