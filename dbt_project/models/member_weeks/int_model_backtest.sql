{{ config(tags=['run_weeks']) }}

-- What the rules with a learned cut flagged four weeks before each week of the run, and what came of it.
with judged as (

    select
        run_weeks.week_start,
        flags.source,
        flags.rule,
        flags.score,
        flags.is_flagged,
        flags.is_silent_4w
    from {{ ref('int_rule_judgements') }} as flags
    inner join {{ source('control', 'run_weeks') }} as run_weeks
        on flags.week_start = {{ add_weeks('run_weeks.week_start', -4) }}
    where flags.rule in ('silence_cut', 'probability_cut', 'model')

),

counts as (

    {{ counted_scores('judged') }}

),

right_pairs as (

    {{ right_pairs('counts') }}

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
    sums.source,
    sums.week_start,
    sums.rule,
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
    {{ auc_of_pairs('right_pairs.twice_right_pairs', 'population', 'silent') }} as auc,
    {{ rate('squared_errors', 'population') }} as brier
from sums
inner join right_pairs
    on sums.source = right_pairs.source
    and sums.week_start = right_pairs.week_start
    and sums.rule = right_pairs.rule
