{# A view: its rows are those of the acts, and its readers want few columns of them. #}
{{ config(materialized='view') }}

{%- set columns = ['source', 'content_id', 'member_id', 'interaction_type', 'content_type', 'occurred_at', 'container_id', 'parent_id', 'thread_id', 'week_start'] -%}
{%- set made -%}
    select
        *,
        {{ row_hash(['source', 'content_id']) }} as content_hash
    from {{ ref('int_interactions') }}
    where interaction_type in ('post', 'reply', 'message')
        and content_id is not null
{%- endset -%}
-- To order all rows by their content would be dear, and few contents come twice: hashes tell which may have, and those
-- alone are compared.
with repeated as (

    select content_hash
    from ({{ made }}) as made
    group by content_hash
    having count(*) > 1

),

first_acts as (

    select *
    from ({{ made }}) as made
    where content_hash in (select content_hash from repeated)
    qualify row_number() over (partition by source, content_id order by occurred_at, interaction_id) = 1

)

select {{ columns | join(', ') }}
from ({{ made }}) as made
where content_hash not in (select content_hash from repeated)

union all

select {{ columns | join(', ') }}
from first_acts
