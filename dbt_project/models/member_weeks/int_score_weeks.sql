{# A view: it has to follow the run's weeks when a report is run again alone. #}
{{ config(materialized='view') }}

-- The churn report turns from one week to the next, so each week whose figures are needed needs the week before it too.
with looked_at as (

    select week_start from {{ source('control', 'figure_weeks') }}
    union
    select {{ add_weeks('week_start', -1) }} as week_start from {{ source('control', 'figure_weeks') }}
    union
    -- Fits of the weeks by which the rules are judged; of scores there those of the quiet are enough.
    select week_start from {{ ref('int_model_weeks') }} where is_scored

),

-- Everybody's scores are asked for in weeks that keep a row per member, and four weeks before those of the run, where the
-- backtest stands. In all other weeks only quiet members' scores matter: nobody else's status can turn on them.
whole as (

    select run_weeks.week_start
    from {{ source('control', 'run_weeks') }} as run_weeks
    cross join {{ source('control', 'settings') }} as settings
    where run_weeks.week_start >= settings.kept_from_week
    union
    select {{ add_weeks('week_start', -4) }} as week_start from {{ source('control', 'run_weeks') }}

),

starts as (

    {{ first_weeks() }}

)

select
    starts.source,
    looked_at.week_start,
    whole.week_start is not null as is_scored_whole
from looked_at
inner join starts on starts.first_week <= looked_at.week_start
left join whole on looked_at.week_start = whole.week_start
