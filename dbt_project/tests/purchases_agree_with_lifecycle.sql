-- The currencies' buyers are the stages' buyers (one may buy in several), and so is the revenue where there is one.
with purchases as (

    select
        source,
        week_start,
        max(buyers) as most_buyers,
        sum(buyers) as all_buyers,
        sum(revenue) as revenue
    from {{ ref('report_purchases') }}
    group by source, week_start

),

stages as (

    select
        source,
        week_start,
        sum(buyers) as buyers,
        sum(revenue) as revenue,
        count(*) - count(revenue) as stages_without_revenue
    from {{ ref('report_lifecycle') }}
    group by source, week_start

)

select
    stages.source,
    stages.week_start,
    stages.buyers,
    purchases.most_buyers,
    purchases.all_buyers,
    stages.revenue as revenue_of_stages,
    purchases.revenue
from stages
full outer join purchases
    on stages.source = purchases.source
    and stages.week_start = purchases.week_start
where stages.source is null
    or stages.buyers < coalesce(purchases.most_buyers, 0)
    or stages.buyers > coalesce(purchases.all_buyers, 0)
    or (stages.stages_without_revenue = 0 and stages.revenue <> coalesce(purchases.revenue, 0))
