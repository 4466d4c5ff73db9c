{# A view: choosing among few repeated rows is not worth millions of others written once more. #}
{{ config(materialized='view') }}

-- An act that comes once is as it is; of a repeated one the latest version holds.
{%- set columns = ['source', 'export_name', 'file_name', 'row_number_in_file', 'loaded_at', 'occurred_at', 'native_id', 'event_type', 'event_id', 'container_id', 'content_id', 'parent_id', 'thread_id', 'target_native_id', 'content_type', 'time_precision', 'export_number', 'event_key'] %}

select {{ columns | join(', ') }}
from ({{ table_event_versions() }}) as versions
where key_hash not in (select key_hash from {{ ref('int_table__repeated_events') }})

union all

select {{ columns | join(', ') }}
from {{ ref('int_table__repeated_events') }}
