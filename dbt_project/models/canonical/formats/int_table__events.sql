-- An act is known by its id, or where the export gives none by all that it says of the act; repeated acts count once.
with versions as (

    select
        events.*,
        exports.export_number,
        coalesce(
            'id/' || events.event_id,
            md5(concat_ws(
                '|', events.native_id, events.occurred_at, events.event_type, events.container_id, events.content_id,
                events.parent_id, events.thread_id, events.target_native_id, events.content_type
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
