{{ config(tags=['run_weeks']) }}

-- What each rule was worth over the weeks that a week's report judges by, all of their members taken together.
-- Members of a week with the same score are counted together first: a week is looked back on from up to thirteen others.
with scores as (

    {{ counted_scores(ref('int_rule_judgements')) }}

),

together as (

    select
        weeks.source,
        weeks.week_start,
        scores.rule,
        scores.score,
        sum(scores.members) as members,
        sum(scores.silent_members) as silent_members
    from {{ ref('int_judged_weeks') }} as weeks
    inner join scores
        on weeks.source = scores.source
        and weeks.judged_week = scores.week_start
    group by weeks.source, weeks.week_start, scores.rule, scores.score

),

right_pairs as (

    {{ right_pairs('together') }}

),

by_week as (

    select
        source,
        week_start,
        rule,
        count(*) as members,
        {{ sums_of_outcomes() }}
    from {{ ref('int_rule_judgements') }}
    group by source, week_start, rule

),

sums as (

    select
        weeks.source,
        weeks.week_start,
        by_week.rule,
        count(*) as weeks_judged,
        sum(by_week.members) as members_judged,
        sum(by_week.silent) as silent,
        sum(by_week.tp) as tp,
        sum(by_week.fp) as fp,
        sum(by_week.fn) as fn,
        sum(by_week.tn) as tn,
        sum(by_week.squared_errors) as squared_errors
    from {{ ref('int_judged_weeks') }} as weeks
    inner join by_week
        on weeks.source = by_week.source
        and weeks.judged_week = by_week.week_start
    group by weeks.source, weeks.week_start, by_week.rule

)

select
    sums.source,
    sums.week_start,
    sums.rule,
    cast(sums.weeks_judged as bigint) as weeks_judged,
    cast(sums.members_judged as bigint) as members_judged,
    cast(sums.tp as bigint) as tp,
    cast(sums.fp as bigint) as fp,
    cast(sums.fn as bigint) as fn,
    cast(sums.tn as bigint) as tn,
    {{ rate('sums.silent', 'sums.members_judged') }} as base_rate,
    {{ rate('sums.tp', 'sums.tp + sums.fp') }} as "precision",
    {{ rate('sums.tp', 'sums.silent') }} as recall,
    {{ auc_of_pairs('right_pairs.twice_right_pairs', 'sums.members_judged', 'sums.silent') }} as auc,
    {{ rate('sums.squared_errors', 'sums.members_judged') }} as brier
from sums
left join right_pairs
    on sums.source = right_pairs.source
    and sums.week_start = right_pairs.week_start
    and sums.rule = right_pairs.rule
