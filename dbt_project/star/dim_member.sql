-- What is known of a member in the last week in which they have a row.
with ranked as (
    select
        source || ':' || member_id as member_key,
        source,
        member_id,
        member_name,
        week_start as last_week,
        status,
        lifecycle_stage,
        flagged_by,
        first_active_week,
        last_active_at,
        last_seen_at,
        tenure_days,
        orders_total,
        revenue_total,
        row_number() over (partition by source, member_id order by week_start desc) as place
    from reports.member_week_status
)

select
    member_key,
    source,
    member_id,
    member_name,
    last_week,
    -- Whoever left keeps rows that say so.
    status <> 'left' and last_week = (select max(week_start) from reports.member_week_status) as is_member_now,
    status,
    lifecycle_stage,
    flagged_by,
    first_active_week,
    last_active_at,
    last_seen_at,
    tenure_days,
    orders_total,
    revenue_total
from ranked
where place = 1
