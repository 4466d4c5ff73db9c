-- An order's own row; the version in the later export holds (an order may be refunded after it was paid). Of two files
-- in one folder that is the one with the newer orders: downloads are named "orders_export (1).csv".
with versions as (

    {{ versions_of(ref('stg_shopify_orders__rows'), age='ordered_at') }}

),

latest as (

    select
        *,
        -- What was paid, less what was paid back.
        total - refunded - case when status = 'partially_paid' then outstanding else 0 end as amount
    from versions
    where is_order
    qualify {{ latest_version("source, order_name", "file_last_at") }}

)

select
    source,
    source || ':' || order_name as order_id,
    source || ':' || native_id as member_id,
    ordered_at,
    amount,
    currency,
    case when is_cancelled then 'cancelled' else status end as status,
    not is_cancelled
    and status in ('paid', 'partially_paid', 'partially_refunded')
    -- Given away is a purchase of nothing; paid back whole is none.
    and (amount > 0 or refunded = 0) as is_purchase
from latest
