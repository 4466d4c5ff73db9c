-- What is known of a member from one week of theirs to the next: running sums over the member's own weeks.
with purchases as (

    select
        source,
        member_id,
        week_start,
        sum(orders) as orders,
        sum(revenue) as revenue,
        max(last_ordered_at) as last_ordered_at,
        min(currency) as first_currency,
        max(currency) as last_currency
    from {{ ref('int_member_purchases') }}
    group by source, member_id, week_start

),

buyers as (

    select distinct source, member_id from purchases

),

-- Most members never buy: what the others bought is summed up apart.
bought as (

    select
        weeks.source,
        weeks.member_id,
        weeks.week_start,
        sum(coalesce(purchases.orders, 0)) over member as orders_total,
        -- Amounts of several currencies have no sum.
        case
            when min(purchases.first_currency) over member is not distinct from max(purchases.last_currency) over member
                then sum(coalesce(purchases.revenue, 0)) over member
        end as revenue_total,
        case
            when min(purchases.first_currency) over member = max(purchases.last_currency) over member
                then min(purchases.first_currency) over member
        end as currency,
        max(purchases.last_ordered_at) over member as last_ordered_at
    from {{ ref('int_unique_member_weeks') }} as weeks
    inner join buyers
        on weeks.source = buyers.source
        and weeks.member_id = buyers.member_id
    left join purchases
        on weeks.source = purchases.source
        and weeks.member_id = purchases.member_id
        and weeks.week_start = purchases.week_start
    window member as (
        partition by weeks.source, weeks.member_id
        order by weeks.week_start
        rows between unbounded preceding and current row
    )

),

acted as (

    select
        source,
        member_id,
        is_same_in_all,
        week_start as from_week,
        lead(week_start, 1, {{ end_of_time() }}) over member as to_week,
        sum(case when active_interactions > 0 then 1 else 0 end) over member as active_weeks,
        min(case when active_interactions > 0 then week_start end) over member as first_active_week,
        max(last_active_at) over member as last_active_at,
        max(last_seen_at) over member as last_seen_at
    from {{ ref('int_unique_member_weeks') }}
    window member as (
        partition by source, member_id
        order by week_start
        rows between unbounded preceding and current row
    )

)

select
    acted.source,
    acted.member_id,
    acted.is_same_in_all,
    acted.from_week,
    acted.to_week,
    -- Sums are of numbers so wide that reading them takes longer than all other columns together.
    cast(acted.active_weeks as bigint) as active_weeks,
    acted.first_active_week,
    acted.last_active_at,
    acted.last_seen_at,
    cast(coalesce(bought.orders_total, 0) as bigint) as orders_total,
    case when bought.source is null then 0 else bought.revenue_total end as revenue_total,
    bought.currency,
    bought.last_ordered_at
from acted
left join bought
    on acted.source = bought.source
    and acted.member_id = bought.member_id
    and acted.from_week = bought.week_start
