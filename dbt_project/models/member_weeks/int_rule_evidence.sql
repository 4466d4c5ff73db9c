{{ config(tags=['run_weeks']) }}

-- What each rule was worth over the weeks that a week's report judges by, all of their members taken together.
with judged as (

    select
        weeks.source,
        weeks.week_start,
        weeks.judged_week,
        flags.rule,
        flags.score,
        flags.is_flagged,
        flags.is_silent_4w
    from {{ ref('int_judged_weeks') }} as weeks
    inner join {{ ref('int_rule_judgements') }} as flags
        on weeks.source = flags.source
        and weeks.judged_week = flags.week_start

),

ranked as (

    select
        *,
        {{ mean_rank('source, week_start, rule', 'score') }} as score_rank
    from judged

),

sums as (

    select
        source,
        week_start,
        rule,
        count(distinct judged_week) as weeks_judged,
        count(*) as members_judged,
        {{ sums_of_outcomes() }}
    from ranked
    group by source, week_start, rule

)

select
    source,
    week_start,
    rule,
    cast(weeks_judged as bigint) as weeks_judged,
    cast(members_judged as bigint) as members_judged,
    cast(tp as bigint) as tp,
    cast(fp as bigint) as fp,
    cast(fn as bigint) as fn,
    cast(tn as bigint) as tn,
    {{ rate('silent', 'members_judged') }} as base_rate,
    {{ rate('tp', 'tp + fp') }} as "precision",
    {{ rate('tp', 'silent') }} as recall,
    case
        when rule in ('model', 'probability_cut', 'silence_cut')
            then {{ auc_of_sums('members_judged') }}
    end as auc,
    {{ rate('squared_errors', 'members_judged') }} as brier
from sums
