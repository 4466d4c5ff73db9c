-- An order is known by its id; the version in the later export holds (an order may be refunded after it was paid).
with versions as (

    {{ versions_of(ref('stg_orders__orders')) }}

)

select
    source,
    source || ':' || order_id as order_id,
    source || ':' || native_id as member_id,
    ordered_at,
    amount,
    currency,
    status,
    is_purchase
from versions
qualify {{ latest_version("source, order_id") }}
