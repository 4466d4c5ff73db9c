select
    participants.source,
    participants.member_id,
    orders.week_start,
    orders.currency,
    count(*) as orders,
    sum(orders.amount) as revenue,
    max(orders.ordered_at) as last_ordered_at
from {{ ref('int_participants') }} as participants
inner join {{ ref('int_orders') }} as orders on participants.account_id = orders.member_id
where orders.is_purchase
group by participants.source, participants.member_id, orders.week_start, orders.currency
