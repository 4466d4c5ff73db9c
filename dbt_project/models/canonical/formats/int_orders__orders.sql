-- An order is known by its id; the version in the later export holds (an order may be refunded after it was paid).
with versions as (

    select
        orders.*,
        exports.export_number
    from {{ ref('stg_orders__orders') }} as orders
    inner join {{ ref('int_exports') }} as exports
        on orders.source = exports.source
        and orders.export_name = exports.export_name
        and orders.loaded_at = exports.loaded_at

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
