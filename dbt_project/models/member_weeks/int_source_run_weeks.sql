{# A view: it has to follow `run_weeks` when a report is run again alone. #}
{{ config(materialized='view') }}

select figure_weeks.*
from {{ ref('int_source_figure_weeks') }} as figure_weeks
inner join {{ source('control', 'run_weeks') }} as run_weeks on figure_weeks.week_start = run_weeks.week_start
