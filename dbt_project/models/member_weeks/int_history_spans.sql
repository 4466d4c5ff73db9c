{{ config(tags=['run_weeks']) }}

-- Members with the same active weeks, first and last are alike to the churn model: they fold into a few rows. Only weeks
-- that this run looks at are kept.
with bounds as (

    select
        min(week_start) as from_week,
        {{ add_weeks('max(week_start)', 1) }} as to_week
    from {{ ref('int_score_weeks') }}

)

select
    spans.source,
    spans.active_weeks,
    spans.first_active_week,
    spans.last_active_week,
    spans.status = 'quiet' as is_quiet,
    greatest(spans.from_week, bounds.from_week) as from_week,
    least(spans.to_week, bounds.to_week) as to_week,
    count(*) as members
from {{ ref('int_status_spans') }} as spans
inner join bounds
    on spans.from_week < bounds.to_week
    and bounds.from_week < spans.to_week
where spans.active_weeks > 0
group by
    spans.source,
    spans.active_weeks,
    spans.first_active_week,
    spans.last_active_week,
    spans.status = 'quiet',
    greatest(spans.from_week, bounds.from_week),
    least(spans.to_week, bounds.to_week)
