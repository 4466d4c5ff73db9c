-- From its first row on a currency has one in each week of the source.
select
    activity.source,
    activity.week_start,
    firsts.currency
from {{ ref('report_activity') }} as activity
inner join (
    select source, currency, min(week_start) as first_week
    from {{ ref('report_purchases') }}
    group by source, currency
) as firsts
    on activity.source = firsts.source
    and activity.week_start >= firsts.first_week
left join {{ ref('report_purchases') }} as purchases
    on activity.source = purchases.source
    and activity.week_start = purchases.week_start
    and firsts.currency = purchases.currency
where purchases.source is null
