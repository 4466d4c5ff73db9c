{# A view: it is read once. #}
{{ config(materialized='view') }}

-- In most weeks only quiet members' scores are asked for. The histories of all others matter in a few weeks, and are cut to them.
with weeks as (

    select source, week_start, is_scored_whole from {{ ref('int_score_weeks') }}

),

whole as (

    select
        source,
        min(week_start) as from_week,
        {{ add_weeks('max(week_start)', 1) }} as to_week
    from weeks
    where is_scored_whole
    group by source

),

spans as (

    select source, active_weeks, first_active_week, last_active_week, members, is_quiet, from_week, to_week
    from {{ ref('int_history_spans') }}
    where is_quiet

    union all

    select
        spans.source,
        spans.active_weeks,
        spans.first_active_week,
        spans.last_active_week,
        spans.members,
        spans.is_quiet,
        greatest(spans.from_week, whole.from_week) as from_week,
        least(spans.to_week, whole.to_week) as to_week
    from {{ ref('int_history_spans') }} as spans
    inner join whole
        on spans.source = whole.source
        and {{ weeks_overlap('spans', 'whole') }}
    where not spans.is_quiet

),

{{ histories_of_weeks('spans.is_quiet or weeks.is_scored_whole') }}
