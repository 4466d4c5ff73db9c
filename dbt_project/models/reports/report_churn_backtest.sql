{{ config(**joins_as_written()) }}
-- Flags as they were four weeks ago, against what happened since. A flag of that week stands on rows up to its end alone;
-- only `is_gone` looks further.
with settings as (

    select * from {{ source('control', 'settings') }}

),

weeks as (

    select * from {{ ref('int_backtest_weeks') }}

),

bounds as (

    select
        min(judged_week) as from_week,
        {{ add_weeks('max(judged_week)', 1) }} as to_week
    from weeks

),

-- Members with a sign of life in the twelve weeks that end with the week of the flags. They become weeks one by one: each week
-- against all spans would take a hundred times as long.
recent as (

    select
        spans.source,
        spans.anchor_week,
        spans.next_sign_week,
        spans.rhythm_after_weeks,
        spans.active_weeks,
        spans.first_active_week,
        spans.last_active_week,
        {{ each_week(
            'greatest(spans.from_week, bounds.from_week)',
            'least(spans.to_week, ' ~ add_weeks('spans.anchor_week', 12) ~ ', bounds.to_week)'
        ) }} as judged_week
    from {{ ref('int_silence_spans') }} as spans
    inner join bounds on {{ weeks_overlap('spans', 'bounds') }}
    where spans.is_member
        and spans.has_sign_of_life

),

judged as (

    select
        source,
        judged_week,
        {{ weeks_between('anchor_week', 'judged_week') }} as silence_weeks,
        rhythm_after_weeks,
        -- The next sign of life ends the silence.
        next_sign_week > {{ add_weeks('judged_week', 4) }} as is_gone,
        active_weeks - 1 as x,
        {{ weeks_between('first_active_week', 'last_active_week') }} as t_x,
        {{ weeks_between('first_active_week', 'judged_week') }} as n
    from recent

),

alike as (

    select
        source,
        judged_week,
        silence_weeks,
        rhythm_after_weeks,
        is_gone,
        x,
        t_x,
        n,
        count(*) as members
    from judged
    group by source, judged_week, silence_weeks, rhythm_after_weeks, is_gone, x, t_x, n

),

population as (

    select
        weeks.source,
        weeks.week_start,
        alike.silence_weeks,
        alike.rhythm_after_weeks,
        alike.is_gone,
        alike.members,
        scores.p_active_4w
    from weeks
    inner join alike
        on weeks.source = alike.source
        and weeks.judged_week = alike.judged_week
    left join {{ ref('int_churn_scores') }} as scores
        on alike.source = scores.source
        and alike.judged_week = scores.week_start
        and alike.x = scores.x
        and alike.t_x = scores.t_x
        and alike.n = scores.n

),

flagged as (

    select
        population.source,
        population.week_start,
        population.p_active_4w,
        {{ simple_flags('population', 'population.p_active_4w') }},
        sum(population.members) as members,
        sum(case when population.is_gone then population.members else 0 end) as gone
    from population
    cross join settings
    group by
        population.source, population.week_start, population.p_active_4w, by_silence, by_rhythm, by_probability

),

outcomes as (

    {%- for rule, condition in simple_rules().items() %}
    select
        weeks.source,
        weeks.week_start,
        '{{ rule }}' as rule,
        coalesce(sum(case when {{ condition }} then gone end), 0) as tp,
        coalesce(sum(case when {{ condition }} then members - gone end), 0) as fp,
        coalesce(sum(case when not ({{ condition }}) then gone end), 0) as fn,
        coalesce(sum(case when not ({{ condition }}) then members - gone end), 0) as tn
    from weeks
    left join flagged
        on weeks.source = flagged.source
        and weeks.week_start = flagged.week_start
    group by weeks.source, weeks.week_start
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

by_probability as (

    select
        source,
        week_start,
        p_active_4w,
        cast(p_active_4w * p_active_4w as decimal(18, 15)) as error_of_gone,
        cast((1 - p_active_4w) * (1 - p_active_4w) as decimal(18, 15)) as error_of_others,
        sum(gone) as gone,
        sum(members - gone) as others
    from flagged
    where p_active_4w is not null
    group by source, week_start, p_active_4w

),

ranked as (

    select
        *,
        -- Of the pairs of one who is gone and one who is not: in how many is the other's chance higher? Ties are half.
        gone * (2 * sum(others) over (
            partition by source, week_start
            order by p_active_4w desc
            rows between unbounded preceding and current row
        ) - others) as twice_right_pairs
    from by_probability

),

scored as (

    select
        source,
        week_start,
        {{ rate('sum(twice_right_pairs)', '2 * sum(gone) * sum(others)') }} as auc,
        {{ rate('sum(gone * error_of_gone + others * error_of_others)', 'sum(gone + others)') }} as brier
    from ranked
    group by source, week_start

)

select
    outcomes.source,
    outcomes.week_start,
    outcomes.rule,
    cast(tp + fp + fn + tn as bigint) as population,
    {{ rate('tp + fn', 'tp + fp + fn + tn') }} as base_rate,
    cast(tp as bigint) as tp,
    cast(fp as bigint) as fp,
    cast(fn as bigint) as fn,
    cast(tn as bigint) as tn,
    {{ rate('tp', 'tp + fp') }} as "precision",
    {{ rate('tp', 'tp + fn') }} as recall,
    {{ rate('2 * tp', '2 * tp + fp + fn') }} as f1,
    {{ rate('tp * (tp + fp + fn + tn)', '(tp + fp) * (tp + fn)') }} as lift,
    scored.auc,
    scored.brier
from outcomes
left join scored
    on outcomes.source = scored.source
    and outcomes.week_start = scored.week_start
    and outcomes.rule = 'probability'

union all

-- Rules that learn from which score on to flag; of very many members they are judged by a part.
select
    learned.source,
    learned.week_start,
    learned.rule,
    learned.population,
    learned.base_rate,
    learned.tp,
    learned.fp,
    learned.fn,
    learned.tn,
    learned."precision",
    learned.recall,
    learned.f1,
    learned.lift,
    learned.auc,
    learned.brier
from {{ ref('int_model_backtest') }} as learned
inner join weeks
    on learned.source = weeks.source
    and learned.week_start = weeks.week_start
