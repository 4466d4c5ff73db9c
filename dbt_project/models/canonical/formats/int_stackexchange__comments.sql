-- A comment is known by its id; the version in the later dump holds.
with versions as (

    select
        comments.*,
        exports.export_number
    from {{ ref('stg_stackexchange__comments') }} as comments
    inner join {{ ref('int_exports') }} as exports
        on comments.source = exports.source
        and comments.export_name = exports.export_name
        and comments.loaded_at = exports.loaded_at

)

select
    source,
    comment_id,
    occurred_at,
    post_id,
    user_id
from versions
qualify {{ latest_version("source, comment_id") }}
