{{ config(tags=['run_weeks']) }}

-- What each rule that can put members in order says of the members that it is judged by: the higher, the likelier silent.
with members as (

    select
        features.source,
        features.member_id,
        features.week_start,
        features.silence_weeks,
        features.is_silent_4w
    from {{ ref('int_churn_features') }} as features
    inner join {{ ref('int_model_weeks') }} as weeks
        on features.source = weeks.source
        and features.week_start = weeks.week_start
    where features.is_judged
        and weeks.is_scored

)

select
    source,
    member_id,
    week_start,
    'silence_cut' as rule,
    cast(silence_weeks as double) as score,
    is_silent_4w
from members

union all

select
    members.source,
    members.member_id,
    members.week_start,
    'model' as rule,
    scores.p_silent_4w as score,
    members.is_silent_4w
from members
inner join {{ ref('int_model_scores') }} as scores
    on members.source = scores.source
    and members.member_id = scores.member_id
    and members.week_start = scores.week_start
