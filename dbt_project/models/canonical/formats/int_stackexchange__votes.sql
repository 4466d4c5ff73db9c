-- A vote is known by its id; the version in the later dump holds.
with versions as (

    select
        votes.*,
        exports.export_number
    from {{ ref('stg_stackexchange__votes') }} as votes
    inner join {{ ref('int_exports') }} as exports
        on votes.source = exports.source
        and votes.export_name = exports.export_name
        and votes.loaded_at = exports.loaded_at

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
