{{ config(tags=['run_weeks']) }}

-- Members with the same active weeks, first and last are alike to the churn model: they fold into a few rows. Only weeks
-- that this run looks at are kept.
with bounds as (

    select
        min(week_start) as from_week,
        {{ add_weeks('max(week_start)', 1) }} as to_week
    from {{ ref('int_score_weeks') }}

),

spans as (

    select
        spans.source,
        spans.is_same_in_all,
        spans.active_weeks,
        spans.first_active_week,
        spans.last_active_week,
        greatest(spans.from_week, bounds.from_week) as from_week,
        least(spans.to_week, bounds.to_week) as to_week,
        {{ add_weeks('spans.anchor_week', 1) }} as quiet_from_week,
        spans.at_risk_week as quiet_to_week
    from {{ ref('int_unique_silence_spans') }} as spans
    inner join bounds on {{ weeks_overlap('spans', 'bounds') }}
    where spans.is_member
        and spans.active_weeks > 0

),

{%- set history = 'source, is_same_in_all, active_weeks, first_active_week, last_active_week' %}

-- Being quiet lasts from the week after the last sign of life until the member is at risk.
parts as (

    select {{ history }}, false as is_quiet, from_week, least(to_week, quiet_from_week) as to_week from spans
    union all
    select {{ history }}, true as is_quiet, greatest(from_week, quiet_from_week) as from_week, least(to_week, quiet_to_week) as to_week
    from spans
    union all
    select {{ history }}, false as is_quiet, greatest(from_week, quiet_to_week) as from_week, to_week from spans

),

counted as (

    select {{ history }}, is_quiet, from_week, to_week, count(*) as members
    from parts
    where from_week < to_week
    group by {{ history }}, is_quiet, from_week, to_week

),

scoped as (

    select source, active_weeks, first_active_week, last_active_week, is_quiet, from_week, to_week, members
    from counted

    union all

    select 'all' as source, active_weeks, first_active_week, last_active_week, is_quiet, from_week, to_week, members
    from counted
    where is_same_in_all

)

select
    source,
    active_weeks,
    first_active_week,
    last_active_week,
    is_quiet,
    from_week,
    to_week,
    cast(sum(members) as bigint) as members
from scoped
group by source, active_weeks, first_active_week, last_active_week, is_quiet, from_week, to_week
