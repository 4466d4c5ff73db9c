{{ config(tags=['run_weeks']) }}

-- Only quiet members can be turned at risk by a probability: everybody else is active, at risk or churned already.
with flags as (

    select
        spans.source,
        spans.member_id,
        weeks.week_start,
        spans.member_since_week
    from {{ ref('int_status_spans') }} as spans
    inner join {{ ref('int_score_weeks') }} as weeks
        on spans.source = weeks.source
        and spans.from_week <= weeks.week_start
        and weeks.week_start < spans.to_week
    inner join {{ ref('int_churn_scores') }} as scores
        on spans.source = scores.source
        and weeks.week_start = scores.week_start
        and {{ is_history('scores', 'spans', 'weeks.week_start') }}
    cross join {{ source('control', 'settings') }} as settings
    where spans.status = 'quiet'
        and scores.p_active_4w < settings.probability_below

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
