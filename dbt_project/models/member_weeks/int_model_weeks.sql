{# A view: it has to follow the run's weeks when a report is run again alone. #}
{{ config(materialized='view') }}

-- The weeks at whose end members are described to the model: to be learned from, or to be scored.
with settings as (

    select * from {{ source('control', 'settings') }}

),

looked_at as (

    select source, learned_week as week_start, false as is_scored from {{ ref('int_model_trainings') }}
    union all
    select source, week_start, true as is_scored from {{ ref('int_model_trainings') }}

),

-- Only weeks that keep a row per member need everybody's score.
listed as (

    select run_weeks.week_start
    from {{ source('control', 'run_weeks') }} as run_weeks
    cross join settings
    where run_weeks.week_start >= settings.kept_from_week

)

select
    looked_at.source,
    looked_at.week_start,
    bool_or(looked_at.is_scored) as is_scored,
    bool_or(listed.week_start is not null and looked_at.is_scored) as is_listed
from looked_at
left join listed on looked_at.week_start = listed.week_start
group by looked_at.source, looked_at.week_start
