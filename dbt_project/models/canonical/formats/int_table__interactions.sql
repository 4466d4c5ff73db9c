{# A view: renaming alone is not worth millions of rows written once more. #}
{{ config(materialized='view') }}

select
    events.source,
    events.source || ':' || events.event_key as interaction_id,
    events.source || ':' || events.native_id as member_id,
    events.occurred_at,
    events.event_type as interaction_type,
    events.container_id,
    coalesce(events.content_id, events.event_id) as content_id,
    events.parent_id,
    coalesce(events.thread_id, events.parent_id, events.content_id, events.event_id) as thread_id,
    events.source || ':' || events.target_native_id as target_member_id,
    events.content_type,
    events.time_precision
from {{ ref('int_table__events') }} as events
inner join {{ ref('interaction_types') }} as types on events.event_type = types.interaction_type
