{# A view: it has to follow the run's weeks when a report is run again alone. #}
{{ config(materialized='view') }}

-- Which weeks the learned model learns from, for each week that it scores. What it learns from a week is what happened in
-- the four weeks after it: they have passed when the scored week ends.
with starts as (

    {{ first_weeks() }}

),

scored as (

    {%- for weeks in weeks_scored() %}
    select {{ add_weeks('week_start', -weeks) }} as week_start from {{ source('control', 'run_weeks') }}
    {{ 'union' if not loop.last }}
    {%- endfor %}

),

steps as (

    {{ number_rows(weeks_learned_from(), 'weeks_back') }}

)

select
    starts.source,
    scored.week_start,
    {{ add_weeks('scored.week_start', '-steps.weeks_back') }} as learned_week
from scored
cross join steps
inner join starts
    on starts.first_week <= {{ add_weeks('scored.week_start', '-steps.weeks_back') }}
