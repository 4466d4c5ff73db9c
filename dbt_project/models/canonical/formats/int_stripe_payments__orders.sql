-- A payment is known by its id; the version in the later export holds (it may have been refunded since). Of two files
-- in one folder that is the one with the newer payments: downloads are named "unified_payments (1).csv".
with versions as (

    {{ versions_of(ref('stg_stripe_payments__payments'), age='ordered_at') }}

),

latest as (

    select
        *,
        -- What was paid, less what was paid back: by the shop, or by the bank after a dispute was lost.
        charged - refunded - case when dispute_status = 'lost' then coalesce(disputed, charged) else 0 end as amount
    from versions
    qualify {{ latest_version("source, payment_id", "file_last_at") }}

)

select
    source,
    source || ':' || payment_id as order_id,
    source || ':' || native_id as member_id,
    ordered_at,
    amount,
    currency,
    status,
    status in ('paid', 'succeeded', 'partial_refund', 'partially_refunded')
    and not is_test
    -- Until it is won, the bank holds the money. Inquiries (warning_...) move none.
    and coalesce(dispute_status, '') not in ('needs_response', 'under_review')
    and (amount > 0 or charged = 0) as is_purchase
from latest
