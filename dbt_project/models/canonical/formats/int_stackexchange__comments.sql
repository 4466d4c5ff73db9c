-- A comment is known by its id; the version in the later dump holds.
with versions as (

    {{ versions_of(ref('stg_stackexchange__comments')) }}

)

select
    source,
    comment_id,
    occurred_at,
    post_id,
    user_id
from versions
qualify {{ latest_version("source, comment_id") }}
