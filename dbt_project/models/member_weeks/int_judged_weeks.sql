{# A view: it has to follow the run's weeks when a report is run again alone. #}
{{ config(materialized='view') }}

-- The weeks that a week's report judges the rules by: every fourth of the 52 before it, as far back as there is something
-- to be judged by. What happened in the four weeks after each has passed at the reporting week's end.
with steps as (

    {{ number_rows(range(4, 4 * weeks_judged() + 1, 4), 'weeks_back') }}

),

scored as (

    select distinct source, week_start from {{ ref('int_model_trainings') }}

)

select
    scored.source,
    run_weeks.week_start,
    scored.week_start as judged_week
from {{ source('control', 'run_weeks') }} as run_weeks
cross join steps
inner join scored on scored.week_start = {{ add_weeks('run_weeks.week_start', '-steps.weeks_back') }}
