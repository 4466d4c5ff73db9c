{{ config(meta={'replaces': 'figure_weeks'}) }}
with purchases as (

    select
        purchases.source,
        purchases.member_id,
        purchases.week_start,
        purchases.currency,
        purchases.orders,
        purchases.revenue
    from {{ ref('int_member_purchases') }} as purchases
    -- A purchase is a sign of life, so it opens a span of its own, unless its member has left by the week's end.
    inner join {{ ref('int_silence_spans') }} as spans
        on purchases.source = spans.source
        and purchases.member_id = spans.member_id
        and purchases.week_start = spans.from_week
    where spans.is_member
        and spans.has_sign_of_life
        and spans.from_week = spans.anchor_week

),

-- Whom nobody knows is no member and no buyer, but what was sold to them is revenue all the same: in its source, and in all.
sales_without_buyer as (

    select
        source,
        week_start,
        currency,
        amount
    from {{ ref('int_orders') }}
    where member_id is null
        and is_purchase

),

without_buyer as (

    select
        source,
        week_start,
        currency,
        count(*) as orders,
        sum(amount) as revenue
    from (
        select * from sales_without_buyer
        union all
        select
            'all' as source,
            week_start,
            currency,
            amount
        from sales_without_buyer
    ) as sales
    group by source, week_start, currency

),

-- By the whole history, whatever the currency.
first_purchases as (

    select
        source,
        member_id,
        min(week_start) as first_week
    from {{ ref('int_member_purchases') }}
    group by source, member_id

),

currencies as (

    select
        source,
        currency,
        min(week_start) as first_week
    from (
        select source, currency, week_start from purchases
        union all
        select source, currency, week_start from without_buyer
    ) as bought
    group by source, currency

),

-- From its first purchase on a currency has a row in every week: a week without any is a 0, and no gap.
spine as (

    select
        weeks.source,
        weeks.week_start,
        currencies.currency
    from {{ ref('int_source_figure_weeks') }} as weeks
    inner join currencies
        on weeks.source = currencies.source
        and currencies.first_week <= weeks.week_start

),

weekly as (

    select
        purchases.source,
        purchases.week_start,
        purchases.currency,
        sum(purchases.orders) as orders,
        count(*) as buyers,
        sum(purchases.revenue) as revenue,
        sum(case when first_purchases.first_week = purchases.week_start then 1 else 0 end) as first_time_buyers,
        sum(case when active.member_id is not null then 1 else 0 end) as active_buyers
    from purchases
    inner join first_purchases
        on purchases.source = first_purchases.source
        and purchases.member_id = first_purchases.member_id
    left join {{ ref('int_active_weeks') }} as active
        on purchases.source = active.source
        and purchases.member_id = active.member_id
        and purchases.week_start = active.week_start
    group by purchases.source, purchases.week_start, purchases.currency

),

gathered as (

    select
        spine.source,
        spine.week_start,
        spine.currency,
        coalesce(weekly.orders, 0) + coalesce(without_buyer.orders, 0) as orders,
        coalesce(weekly.buyers, 0) as buyers,
        coalesce(weekly.revenue, 0) + coalesce(without_buyer.revenue, 0) as revenue,
        coalesce(weekly.first_time_buyers, 0) as first_time_buyers,
        coalesce(weekly.active_buyers, 0) as active_buyers,
        coalesce(without_buyer.orders, 0) as orders_without_buyer,
        coalesce(without_buyer.revenue, 0) as revenue_without_buyer
    from spine
    left join weekly
        on spine.source = weekly.source
        and spine.week_start = weekly.week_start
        and spine.currency = weekly.currency
    left join without_buyer
        on spine.source = without_buyer.source
        and spine.week_start = without_buyer.week_start
        and spine.currency = without_buyer.currency

)

select
    source,
    week_start,
    currency,
    cast(orders as bigint) as orders,
    cast(buyers as bigint) as buyers,
    cast(revenue as decimal(18, 4)) as revenue,
    cast(first_time_buyers as bigint) as first_time_buyers,
    cast(buyers - first_time_buyers as bigint) as repeat_buyers,
    {{ rate('revenue', 'orders') }} as average_order_value,
    {{ rate('buyers - first_time_buyers', 'buyers') }} as repeat_rate,
    {{ rate('active_buyers', 'buyers') }} as active_buyer_share,
    cast(orders_without_buyer as bigint) as orders_without_buyer,
    cast(revenue_without_buyer as decimal(18, 4)) as revenue_without_buyer
from gathered
