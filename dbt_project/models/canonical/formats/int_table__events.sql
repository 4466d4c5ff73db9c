-- An act is known by its id, or where the export gives none by all that it says of the act; repeated acts count once.
with versions as (

    select
        events.*,
        exports.export_number,
        coalesce(
            'id/' || events.event_id,
            -- What is empty keeps its place: `concat_ws` alone would leave it out, and take a content for a parent.
            md5(concat_ws(
                '|', events.native_id, events.occurred_at, events.event_type, coalesce(events.container_id, ''),
                coalesce(events.content_id, ''), coalesce(events.parent_id, ''), coalesce(events.thread_id, ''),
                coalesce(events.target_native_id, ''), coalesce(events.content_type, '')
            ))
        ) as event_key
    from {{ ref('stg_table__events') }} as events
    inner join {{ ref('int_exports') }} as exports
        on events.source = exports.source
        and events.export_name = exports.export_name
        and events.loaded_at = exports.loaded_at

)

select *
from versions
qualify {{ latest_version("source, event_key") }}
