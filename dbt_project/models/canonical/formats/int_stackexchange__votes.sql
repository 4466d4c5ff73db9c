-- A vote is known by its id; the version in the later dump holds.
with versions as (

    {{ versions_of(ref('stg_stackexchange__votes')) }}

)

select
    source,
    vote_id,
    occurred_at,
    post_id,
    vote_type_id,
    user_id
from versions
qualify {{ latest_version("source, vote_id") }}
