{{ config(tags=['run_weeks']) }}

-- How every rule did in each week that it is judged by: on the same members, by what was known at that week's end.
with cuts as (

    select * from {{ ref('int_rule_cuts') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

scored as (

    select
        scores.source,
        scores.week_start,
        scores.member_id,
        scores.rule,
        scores.score,
        scores.score >= cuts.cut as is_flagged,
        scores.is_silent_4w
    from {{ ref('int_rule_scores') }} as scores
    inner join cuts
        on scores.source = cuts.source
        and scores.week_start = cuts.week_start
        and scores.rule = cuts.rule

),

flagged as (

    select source, week_start, member_id, rule, score, is_flagged, is_silent_4w from scored

    union all

    select
        scored.source,
        scored.week_start,
        scored.member_id,
        'silence' as rule,
        scored.score,
        scored.score >= settings.at_risk_after_weeks as is_flagged,
        scored.is_silent_4w
    from scored
    cross join settings
    where scored.rule = 'silence_cut'

    union all

    select source, week_start, member_id, 'always' as rule, 1 as score, true as is_flagged, is_silent_4w
    from scored
    where rule = 'silence_cut'

)

select source, member_id, week_start, rule, score, is_flagged, is_silent_4w
from flagged
