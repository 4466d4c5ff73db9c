-- The scores of four weeks ago against the four weeks since: who was active at all, of those given such a chance of it?
with weeks as (

    select * from {{ ref('int_backtest_weeks') }}

),

bins as (

    {{ number_rows(range(1, 11), 'bin') }}

),

active as (

    select distinct
        member_weeks.source,
        member_weeks.member_id,
        weeks.week_start
    from {{ ref('int_member_weeks') }} as member_weeks
    inner join weeks
        on member_weeks.source = weeks.source
        and weeks.judged_week < member_weeks.week_start
        and member_weeks.week_start <= weeks.week_start
    where member_weeks.active_interactions > 0

),

judged as (

    select
        weeks.source,
        weeks.week_start,
        scores.p_active_4w,
        count(*) as members,
        count(active.member_id) as active_members
    from weeks
    inner join {{ ref('int_status_spans') }} as spans
        on weeks.source = spans.source
        and spans.from_week <= weeks.judged_week
        and weeks.judged_week < spans.to_week
    inner join {{ ref('int_churn_scores') }} as scores
        on weeks.source = scores.source
        and weeks.judged_week = scores.week_start
        and {{ is_history('scores', 'spans', 'weeks.judged_week') }}
    left join active
        on spans.source = active.source
        and spans.member_id = active.member_id
        and weeks.week_start = active.week_start
    group by weeks.source, weeks.week_start, scores.p_active_4w

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
