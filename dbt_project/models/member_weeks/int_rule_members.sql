{{ config(tags=['run_weeks']) }}

-- What every rule goes by, of the members by whom the rules are judged: all of it as of the end of the week.
select
    features.source,
    features.member_id,
    features.week_start,
    features.is_silent_4w,
    features.silence_weeks,
    spans.rhythm_after_weeks,
    scores.p_silent_4w,
    cast(spans.active_weeks - 1 as bigint) as x,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }} as t_x,
    {{ weeks_between('spans.first_active_week', 'features.week_start') }} as n
from {{ ref('int_churn_features') }} as features
inner join {{ ref('int_model_weeks') }} as weeks
    on features.source = weeks.source
    and features.week_start = weeks.week_start
inner join {{ ref('int_silence_spans') }} as spans
    on features.source = spans.source
    and features.member_id = spans.member_id
    and spans.from_week <= features.week_start
    and features.week_start < spans.to_week
    and spans.is_member
left join {{ ref('int_model_scores') }} as scores
    on features.source = scores.source
    and features.member_id = scores.member_id
    and features.week_start = scores.week_start
where features.is_judged
    and weeks.is_scored
