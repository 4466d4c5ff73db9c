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

),

-- To order all rows by their keys would be dear, and few acts come twice: hashes tell which may have, and those alone are
-- compared.
hashed as (

    select
        *,
        {{ row_hash(['source', 'event_key']) }} as key_hash
    from versions

),

repeated as (

    select key_hash
    from hashed
    group by key_hash
    having count(*) > 1

),

latest as (

    select *
    from hashed
    where key_hash in (select key_hash from repeated)
    qualify {{ latest_version("source, event_key") }}

),

once as (

    select *
    from hashed
    where key_hash not in (select key_hash from repeated)

)

{%- set columns = ['source', 'export_name', 'file_name', 'row_number_in_file', 'loaded_at', 'occurred_at', 'native_id', 'event_type', 'event_id', 'container_id', 'content_id', 'parent_id', 'thread_id', 'target_native_id', 'content_type', 'time_precision', 'export_number', 'event_key'] %}

select {{ columns | join(', ') }} from once
union all
select {{ columns | join(', ') }} from latest
