{# All versions of the acts and events of mapped files, each with the key that it is known by and the key's hash: its id,
   or where the export gives none all that it says of the act. #}
{% macro table_event_versions() -%}
    select
        keyed.*,
        {{ row_hash(['source', 'event_key']) }} as key_hash
    from (
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
    ) as keyed
{%- endmacro %}

{# What a mapped file may hold besides the interactions of the seed `interaction_types`, as SQL texts. #}
{% macro membership_event_types() -%}
    {{ return(["'join'", "'leave'", "'mute'", "'unfollow'", "'report'", "'block'", "'removed'", "'banned'"]) }}
{%- endmacro %}
