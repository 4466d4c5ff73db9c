{#- The running sums of int_member_histories are joined by the interval of weeks in which they hold. -#}
with settings as (

    select * from {{ source('control', 'settings') }}

),

kept_weeks as (

    select run_weeks.week_start
    from {{ source('control', 'run_weeks') }} as run_weeks
    cross join settings
    where run_weeks.week_start >= settings.kept_from_week

),

-- What is the same in each of a member's weeks is worked out once.
members as (

    select
        members.source,
        members.member_id,
        members.joined_date,
        case
            when settings.member_names = 'name' then coalesce(members.member_name, members.member_id)
            -- Recognisable from week to week, and not who it is.
            else 'member ' || left(md5(members.member_id), 8)
        end as member_name
    from {{ ref('int_community_members') }} as members
    cross join settings

),

statuses as (

    select
        spans.source,
        spans.member_id,
        weeks.week_start,
        spans.status,
        spans.stage,
        spans.anchor_week,
        spans.member_since_week
    from {{ ref('int_status_spans') }} as spans
    inner join kept_weeks as weeks
        on spans.from_week <= weeks.week_start
        and weeks.week_start < spans.to_week

),

silences as (

    select
        silences.source,
        silences.member_id,
        weeks.week_start,
        silences.anchor_week
    from {{ ref('int_silences') }} as silences
    inner join kept_weeks as weeks
        on silences.anchor_week <= weeks.week_start
        and weeks.week_start < silences.to_week

),

histories as (

    select
        histories.*,
        weeks.week_start
    from {{ ref('int_member_histories') }} as histories
    inner join kept_weeks as weeks
        on histories.from_week <= weeks.week_start
        and weeks.week_start < histories.to_week

),

-- Buyers who are members still, from the best fifth (5) to the last (1); equals by member_id.
buyers as (

    select
        statuses.source,
        statuses.member_id,
        statuses.week_start,
        ntile(5) over (
            partition by statuses.source, statuses.week_start
            order by histories.last_ordered_at, statuses.member_id
        ) as recency_quintile,
        ntile(5) over (
            partition by statuses.source, statuses.week_start
            order by histories.orders_total, statuses.member_id
        ) as frequency_quintile,
        ntile(5) over (
            partition by statuses.source, statuses.week_start
            order by histories.revenue_total, statuses.member_id
        ) as money_quintile,
        -- Amounts of several currencies cannot be compared.
        count(histories.currency) over (partition by statuses.source, statuses.week_start)
        = count(*) over (partition by statuses.source, statuses.week_start)
        and min(histories.currency) over (partition by statuses.source, statuses.week_start)
        = max(histories.currency) over (partition by statuses.source, statuses.week_start) as is_one_currency
    from histories
    inner join statuses
        on histories.source = statuses.source
        and histories.member_id = statuses.member_id
        and histories.week_start = statuses.week_start
    where histories.orders_total > 0
        and statuses.status <> 'left'

),

recent as (

    select
        member_weeks.source,
        member_weeks.member_id,
        weeks.week_start,
        count(*) as active_weeks_12
    from {{ ref('int_member_weeks') }} as member_weeks
    inner join kept_weeks as weeks
        on member_weeks.week_start > {{ add_weeks('weeks.week_start', -12) }}
        and member_weeks.week_start <= weeks.week_start
    where member_weeks.active_interactions > 0
    group by member_weeks.source, member_weeks.member_id, weeks.week_start

),

gathered as (

    select
        statuses.source,
        statuses.member_id,
        statuses.week_start,
        {{ weeks_between('silences.anchor_week', 'statuses.week_start') }} as silence_weeks,
        coalesce(histories.active_weeks, 0) as active_weeks,
        coalesce(recent.active_weeks_12, 0) as active_weeks_12,
        histories.first_active_week,
        histories.last_active_at,
        histories.last_seen_at,
        statuses.status,
        statuses.status in ('at_risk', 'churned') as is_flagged,
        greatest(
            {{ add_weeks('statuses.anchor_week', 'settings.at_risk_after_weeks') }},
            statuses.member_since_week
        ) as silence_flag_week,
        statuses.stage,
        {{ days_between('members.joined_date', add_weeks('statuses.week_start', 1)) }} as tenure_days,
        coalesce(histories.orders_total, 0) as orders_total,
        case when histories.source is null then 0 else histories.revenue_total end as revenue_total,
        buyers.recency_quintile,
        buyers.frequency_quintile,
        case when buyers.is_one_currency then buyers.money_quintile end as money_quintile,
        members.member_name
    from statuses
    cross join settings
    inner join members
        on statuses.source = members.source
        and statuses.member_id = members.member_id
    left join silences
        on statuses.source = silences.source
        and statuses.member_id = silences.member_id
        and statuses.week_start = silences.week_start
    left join histories
        on statuses.source = histories.source
        and statuses.member_id = histories.member_id
        and statuses.week_start = histories.week_start
    left join buyers
        on statuses.source = buyers.source
        and statuses.member_id = buyers.member_id
        and statuses.week_start = buyers.week_start
    left join recent
        on statuses.source = recent.source
        and statuses.member_id = recent.member_id
        and statuses.week_start = recent.week_start

)

select
    source,
    member_id,
    week_start,
    cast(silence_weeks as integer) as silence_weeks,
    cast(active_weeks as bigint) as active_weeks,
    cast(active_weeks_12 as bigint) as active_weeks_12,
    first_active_week,
    last_active_at,
    last_seen_at,
    status,
    -- Every flag bears its reason.
    case when is_flagged then 'silence' end as flagged_by,
    case when is_flagged then silence_flag_week end as flagged_since,
    stage as lifecycle_stage,
    cast(tenure_days as integer) as tenure_days,
    cast(orders_total as bigint) as orders_total,
    cast(revenue_total as decimal(18, 4)) as revenue_total,
    cast(recency_quintile as integer) as recency_quintile,
    cast(frequency_quintile as integer) as frequency_quintile,
    cast(money_quintile as integer) as money_quintile,
    member_name
from gathered
