{# A view: it has to follow the run's weeks when a report is run again alone. #}
{{ config(materialized='view') }}

-- The judged week has to lie within what is known of the source.
with starts as (

    {{ first_weeks() }}

)

select
    starts.source,
    run_weeks.week_start,
    {{ add_weeks('run_weeks.week_start', -4) }} as judged_week
from {{ source('control', 'run_weeks') }} as run_weeks
inner join starts on starts.first_week <= {{ add_weeks('run_weeks.week_start', -4) }}
