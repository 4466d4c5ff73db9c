{%- set wanted_recall = 0.8 -%}
-- Which rule to trust, by what each was worth in the 52 weeks before. A rule has to find four in five of those who fell silent,
-- and to be right more often than to call everybody silent would be.
with evidence as (

    select
        evidence.*,
        evidence.rule = 'model' as is_model,
        evidence.rule <> 'always'
        and evidence.recall >= {{ wanted_recall }}
        and evidence."precision" > evidence.base_rate
        -- Judged on fewer members than the others, a rule cannot be held against them.
        and evidence.members_judged = max(evidence.members_judged) over (partition by evidence.source, evidence.week_start) as is_fit
    from {{ ref('int_rule_evidence') }} as evidence

),

best as (

    select
        *,
        row_number() over (partition by source, week_start, is_model order by "precision" desc, auc desc, rule) as place
    from evidence
    where is_fit

),

-- With too little behind it a comparison is a matter of luck.
histories as (

    select
        source,
        week_start,
        weeks_judged,
        members_judged,
        base_rate,
        weeks_judged >= 6 and tp >= 20 and fp >= 20 as is_enough
    from evidence
    where rule = 'always'

),

compared as (

    select
        weeks.source,
        weeks.week_start,
        coalesce(histories.weeks_judged, 0) as weeks_judged,
        coalesce(histories.members_judged, 0) as members_judged,
        histories.base_rate,
        coalesce(histories.is_enough, false) as is_enough,
        simple.rule as simple_rule,
        simple."precision" as simple_precision,
        simple.recall as simple_recall,
        model."precision" as model_precision,
        model.recall as model_recall,
        model.auc as model_auc,
        model.brier as model_brier,
        coalesce(model.is_fit, false) as is_model_fit,
        model.rule is not null as is_model_judged
    from {{ ref('int_source_run_weeks') }} as weeks
    left join histories
        on weeks.source = histories.source
        and weeks.week_start = histories.week_start
    left join best as simple
        on weeks.source = simple.source
        and weeks.week_start = simple.week_start
        and not simple.is_model
        and simple.place = 1
    left join evidence as model
        on weeks.source = model.source
        and weeks.week_start = model.week_start
        and model.is_model

),

chosen as (

    select
        *,
        case
            when not is_enough then 'not_enough_history'
            when is_model_fit and model_precision > coalesce(simple_precision, 0) then 'model_is_better'
            when simple_rule is not null and is_model_judged then 'simple_is_as_good'
            when simple_rule is not null then 'simple_alone'
            else 'none_is_eligible'
        end as reason
    from compared

),

named as (

    select
        *,
        case
            when reason = 'model_is_better' then 'model'
            when reason in ('simple_is_as_good', 'simple_alone') then simple_rule
            -- Without evidence the statuses stand as they are.
            else 'union'
        end as rule
    from chosen

)

select
    named.source,
    named.week_start,
    named.rule,
    named.reason,
    cast(named.weeks_judged as bigint) as weeks_judged,
    cast(named.members_judged as bigint) as members_judged,
    named.base_rate,
    evidence."precision",
    evidence.recall,
    {{ rate('evidence."precision"', 'named.base_rate') }} as lift,
    cuts.cut,
    case when named.is_enough then named.simple_rule end as simple_rule,
    case when named.is_enough then named.simple_precision end as simple_precision,
    case when named.is_enough then named.simple_recall end as simple_recall,
    named.model_precision,
    named.model_recall,
    named.model_auc,
    named.model_brier
from named
left join evidence
    on named.source = evidence.source
    and named.week_start = evidence.week_start
    and named.rule = evidence.rule
left join {{ ref('int_rule_cuts') }} as cuts
    on named.source = cuts.source
    and named.week_start = cuts.week_start
    and named.rule = cuts.rule
