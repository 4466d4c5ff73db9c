{{ config(tags=['run_weeks']) }}

-- What the rules with a learned cut flagged four weeks before each week of the run, and what came of it.
with judged as (

    select
        run_weeks.week_start,
        flags.source,
        flags.rule,
        flags.score,
        flags.is_flagged,
        flags.is_silent_4w,
        {{ mean_rank('flags.source, run_weeks.week_start, flags.rule', 'flags.score') }} as score_rank
    from {{ ref('int_rule_judgements') }} as flags
    inner join {{ source('control', 'run_weeks') }} as run_weeks
        on flags.week_start = {{ add_weeks('run_weeks.week_start', -4) }}
    where flags.rule in ('silence_cut', 'probability_cut', 'model')

),

sums as (

    select
        source,
        week_start,
        rule,
        count(*) as population,
        {{ sums_of_outcomes() }}
    from judged
    group by source, week_start, rule

)

select
    source,
    week_start,
    rule,
    cast(population as bigint) as population,
    {{ rate('silent', 'population') }} as base_rate,
    cast(tp as bigint) as tp,
    cast(fp as bigint) as fp,
    cast(fn as bigint) as fn,
    cast(tn as bigint) as tn,
    {{ rate('tp', 'tp + fp') }} as "precision",
    {{ rate('tp', 'silent') }} as recall,
    {{ rate('2 * tp', '2 * tp + fp + fn') }} as f1,
    {{ rate('tp * population', '(tp + fp) * silent') }} as lift,
    {{ auc_of_sums('population') }} as auc,
    {{ rate('squared_errors', 'population') }} as brier
from sums
