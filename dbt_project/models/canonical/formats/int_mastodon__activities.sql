-- An activity is known by its address; the version in the later archive holds. The same boost in two archives is two
-- persons' boosts, for addresses bear the account.
with versions as (

    select
        activities.*,
        exports.export_number,
        coalesce(
            activities.activity_id, concat_ws(' ', activities.activity_type, activities.object_id, activities.occurred_at)
        ) as activity_key
    from {{ ref('stg_mastodon__activities') }} as activities
    inner join {{ ref('int_exports') }} as exports
        on activities.source = exports.source
        and activities.export_name = exports.export_name
        and activities.loaded_at = exports.loaded_at

)

select
    source,
    actor,
    activity_key,
    occurred_at,
    activity_type,
    object_id,
    object_type,
    in_reply_to,
    conversation,
    is_public,
    is_official,
    media_types
from versions
qualify {{ latest_version("source, actor, activity_key") }}
