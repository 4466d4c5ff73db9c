-- A page's posts are acts of the page, which is official; its answers to others are replies. What nobody can see is no
-- act.
select
    source,
    source || ':' || content as interaction_id,
    source || ':' || coalesce(account, '') as member_id,
    posted_at as occurred_at,
    case when parent is null then 'post' else 'reply' end as interaction_type,
    content as content_id,
    parent as parent_id,
    coalesce(parent, content) as thread_id,
    content_type,
    'exact' as time_precision
from {{ ref('int_page_statistics__posts') }}
where posted_at is not null
    and is_visible
