-- A post is known by its id; the version in the later dump holds.
with versions as (

    {{ versions_of(ref('stg_stackexchange__posts')) }}

),

latest as (

    select *
    from versions
    qualify {{ latest_version("source, post_id") }}

)

select
    source,
    post_id,
    occurred_at,
    post_type_id,
    parent_id,
    -- What belongs to an answer belongs to its question's thread.
    case when post_type_id = 2 then coalesce(parent_id, post_id) else post_id end as question_id,
    user_id
from latest
