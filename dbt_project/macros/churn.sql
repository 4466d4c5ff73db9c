{# What the flags, their backtest and the choice of a rule have in common, each said once. #}

{# Whether a row of scores (x, t_x, n) is of the history that `spans` (active_weeks, first_active_week, last_active_week) has at
   the end of a week: active weeks after the first, weeks from the first to the last, and to the week itself. #}
{% macro is_history(scores, spans, week_start) -%}
    (
        {{ spans }}.active_weeks - 1 = {{ scores }}.x
        and {{ weeks_between(spans ~ '.first_active_week', spans ~ '.last_active_week') }} = {{ scores }}.t_x
        and {{ weeks_between(spans ~ '.first_active_week', week_start) }} = {{ scores }}.n
    )
{%- endmacro %}

{# How many members have which history in each of the weeks of the CTE `weeks` (source, week_start): the end of a query on the CTE
   `spans`, which has the columns of int_history_spans. Spans become weeks one by one: each week against all of them would take much
   longer. #}
{% macro histories_of_weeks(condition='true') -%}
span_weeks as (

    select
        spans.*,
        {{ each_week('spans.from_week', 'spans.to_week') }} as week_start
    from spans

)

select
    weeks.source,
    weeks.week_start,
    spans.active_weeks - 1 as x,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }} as t_x,
    {{ weeks_between('spans.first_active_week', 'weeks.week_start') }} as n,
    cast(sum(spans.members) as bigint) as members
from weeks
inner join span_weeks as spans
    on weeks.source = spans.source
    and weeks.week_start = spans.week_start
where {{ condition }}
group by
    weeks.source,
    weeks.week_start,
    spans.active_weeks - 1,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }},
    {{ weeks_between('spans.first_active_week', 'weeks.week_start') }}
{%- endmacro %}

{# The rules without a learned cut, and `always` to hold them against: what each goes by of the columns of `simple_flags`. #}
{% macro simple_rules() -%}
    {{ return({
        'silence': 'by_silence', 'rhythm': 'by_rhythm', 'probability': 'by_probability',
        'union': 'by_silence or by_rhythm or by_probability', 'always': 'true',
    }) }}
{%- endmacro %}

{# The flags of `members` (silence_weeks, rhythm_after_weeks) as columns, beside the CTE `settings`. #}
{% macro simple_flags(members, p_active_4w) -%}
    {{ members }}.silence_weeks >= settings.at_risk_after_weeks as by_silence,
        coalesce({{ members }}.silence_weeks >= {{ members }}.rhythm_after_weeks, false) as by_rhythm,
        -- Whoever was there in the week itself has status active, whatever the chances.
        {{ members }}.silence_weeks > 0
        and coalesce({{ p_active_4w }} < settings.probability_below, false) as by_probability
{%- endmacro %}

{# What flags came to, as columns of a query that groups rows of is_flagged, is_silent_4w, rule and score. Only
   scores that are chances have squared errors. #}
{% macro sums_of_outcomes() -%}
    sum(case when is_silent_4w then 1 else 0 end) as silent,
        sum(case when is_flagged and is_silent_4w then 1 else 0 end) as tp,
        sum(case when is_flagged and not is_silent_4w then 1 else 0 end) as fp,
        sum(case when not is_flagged and is_silent_4w then 1 else 0 end) as fn,
        sum(case when not is_flagged and not is_silent_4w then 1 else 0 end) as tn,
        sum(case
            when rule in ('model', 'probability_cut')
                then cast(power(score - case when is_silent_4w then 1 else 0 end, 2) as decimal(18, 12))
        end) as squared_errors
{%- endmacro %}

{# How many members of a week a rule gives the same score, and how many of them fell silent: a query on rows of source, week_start,
   rule, score and is_silent_4w. #}
{% macro counted_scores(judgements) -%}
    select
        source,
        week_start,
        rule,
        score,
        count(*) as members,
        sum(case when is_silent_4w then 1 else 0 end) as silent_members
    from {{ judgements }}
    where score is not null
    group by source, week_start, rule, score
{%- endmacro %}

{# Of the pairs of one who fell silent and one who did not, twice those in which the first has the higher score, and once those
   with equal scores: a query on `counts` (source, week_start, rule, score, members, silent_members). #}
{% macro right_pairs(counts) -%}
    select
        source,
        week_start,
        rule,
        sum(twice_right_pairs) as twice_right_pairs
    from (
        select
            source,
            week_start,
            rule,
            silent_members * (2 * sum(members - silent_members) over (
                partition by source, week_start, rule
                order by score
                rows between unbounded preceding and current row
            ) - (members - silent_members)) as twice_right_pairs
        from {{ counts }}
    ) as pairs
    group by source, week_start, rule
{%- endmacro %}

{# The chance that who fell silent has the higher score, by these pairs and the sums of outcomes. #}
{% macro auc_of_pairs(pairs, members, silent) -%}
    {{ rate(pairs, '2 * ' ~ silent ~ ' * (' ~ members ~ ' - ' ~ silent ~ ')') }}
{%- endmacro %}
