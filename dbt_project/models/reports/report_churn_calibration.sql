{{ config(**joins_as_written()) }}
-- The scores of four weeks ago against the four weeks since: who was active at all, of those given such a chance of it?
with weeks as (

    select * from {{ ref('int_backtest_weeks') }}

),

bins as (

    {{ number_rows(range(1, 11), 'bin') }}

),

bounds as (

    select
        min(judged_week) as from_week,
        {{ add_weeks('max(judged_week)', 1) }} as to_week
    from weeks

),

-- Whoever is active next in a week was so within four weeks of each of the four before it.
soon_active as (

    select
        spans.source,
        spans.active_weeks,
        spans.first_active_week,
        spans.last_active_week,
        {{ each_week(
            'greatest(spans.from_week, bounds.from_week, ' ~ add_weeks('spans.next_active_week', -4) ~ ')',
            'least(spans.to_week, bounds.to_week)'
        ) }} as judged_week
    from {{ ref('int_silence_spans') }} as spans
    inner join bounds on {{ weeks_overlap('spans', 'bounds') }}
    where spans.is_member
        and spans.active_weeks > 0
        and spans.next_active_week is not null

),

active as (

    select
        source,
        judged_week,
        active_weeks - 1 as x,
        {{ weeks_between('first_active_week', 'last_active_week') }} as t_x,
        {{ weeks_between('first_active_week', 'judged_week') }} as n,
        count(*) as members
    from soon_active
    group by
        source,
        judged_week,
        active_weeks - 1,
        {{ weeks_between('first_active_week', 'last_active_week') }},
        {{ weeks_between('first_active_week', 'judged_week') }}

),

judged as (

    select
        weeks.source,
        weeks.week_start,
        scores.p_active_4w,
        scores.members,
        coalesce(active.members, 0) as active_members
    from weeks
    inner join {{ ref('int_churn_scores') }} as scores
        on weeks.source = scores.source
        and weeks.judged_week = scores.week_start
    left join active
        on scores.source = active.source
        and scores.week_start = active.judged_week
        and scores.x = active.x
        and scores.t_x = active.t_x
        and scores.n = active.n

),

binned as (

    select
        source,
        week_start,
        -- A chance of exactly 1 is in the last tenth.
        least(cast(floor(10 * p_active_4w) as integer), 9) + 1 as bin,
        sum(members) as members,
        sum(members * cast(p_active_4w as decimal(18, 15))) as predicted_active,
        sum(active_members) as active_members
    from judged
    group by source, week_start, least(cast(floor(10 * p_active_4w) as integer), 9) + 1

)

select
    weeks.source,
    weeks.week_start,
    cast(bins.bin as integer) as bin,
    cast(coalesce(binned.members, 0) as bigint) as members,
    {{ rate('binned.predicted_active', 'binned.members') }} as predicted,
    {{ rate('binned.active_members', 'binned.members') }} as observed
from weeks
cross join bins
left join binned
    on weeks.source = binned.source
    and weeks.week_start = binned.week_start
    and bins.bin = binned.bin
