with orders as (

    {{ union_formats('orders') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

dated as (

    select
        orders.*,
        cast({{ local_time('orders.ordered_at', 'settings.timezone') }} as date) as local_date,
        settings.week_anchor
    from orders
    cross join settings

)

select
    order_id,
    source,
    member_id,
    ordered_at,
    amount,
    currency,
    status,
    is_purchase,
    {{ week_of('local_date', 'week_anchor') }} as week_start
from dated
