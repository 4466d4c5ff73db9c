{{ config(tags=['run_weeks']) }}

-- Only quiet members can be turned at risk by a probability: everybody else is active, at risk or churned already.
with bounds as (

    select
        min(week_start) as from_week,
        {{ add_weeks('max(week_start)', 1) }} as to_week
    from {{ ref('int_score_weeks') }}

),

-- Being quiet lasts a few weeks, from the week after the sign of life until the member is at risk: they become weeks one by one.
quiet as (

    select
        spans.source,
        spans.member_id,
        spans.member_since_week,
        spans.active_weeks,
        spans.first_active_week,
        spans.last_active_week,
        {{ each_week(
            'greatest(spans.from_week, ' ~ add_weeks('spans.anchor_week', 1) ~ ', bounds.from_week)',
            'least(spans.to_week, spans.at_risk_week, bounds.to_week)'
        ) }} as week_start
    from {{ ref('int_silence_spans') }} as spans
    inner join bounds
        on spans.from_week < bounds.to_week
        and bounds.from_week < least(spans.to_week, spans.at_risk_week)
    where spans.is_member
        and spans.has_sign_of_life

),

flags as (

    select
        quiet.source,
        quiet.member_id,
        quiet.week_start,
        quiet.member_since_week
    from quiet
    inner join {{ ref('int_churn_scores') }} as scores
        on quiet.source = scores.source
        and quiet.week_start = scores.week_start
        and {{ is_history('scores', 'quiet', 'quiet.week_start') }}
    cross join {{ source('control', 'settings') }} as settings
    where scores.p_active_4w < settings.probability_below

),

-- Weeks one after the other differ from their number in a row by the same.
numbered as (

    select
        *,
        {{ add_weeks('week_start', '-row_number() over (partition by source, member_id order by week_start)') }} as run_of_weeks
    from flags

)

select
    source,
    member_id,
    week_start,
    min(week_start) over (partition by source, member_id, run_of_weeks) as flagged_since,
    member_since_week
from numbered
