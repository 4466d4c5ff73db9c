-- To be looked through by a person, never acted upon by a program: nothing here removes anybody.
with settings as (

    select * from {{ source('control', 'settings') }}

),

members as (

    select
        statuses.*,
        histories.last_ordered_at
    from {{ ref('member_week_status') }} as statuses
    inner join {{ source('control', 'run_weeks') }} as run_weeks on statuses.week_start = run_weeks.week_start
    left join {{ ref('int_member_histories') }} as histories
        on statuses.source = histories.source
        and statuses.member_id = histories.member_id
        and histories.from_week <= statuses.week_start
        and statuses.week_start < histories.to_week

),

listed as (

    select members.*
    from members
    cross join settings
    where members.status <> 'left'
        and members.silence_weeks >= settings.removal_silence_weeks
        and members.tenure_days >= settings.removal_tenure_days
        and coalesce(
            {{ weeks_since('members.last_seen_at', 'members.week_start') }} >= settings.removal_silence_weeks, true
        )
        -- Local days, of which the week's last is the day before the next week.
        and coalesce(
            {{ days_between(
                'cast(' ~ local_time('members.last_ordered_at', 'settings.timezone') ~ ' as date)',
                add_weeks('members.week_start', 1)
            ) }} > settings.removal_purchase_days,
            true
        )

),

-- A member's place among all on the list, from 0 (least) to 1 (most). Amounts of several currencies have no sum: such a
-- member's purchases are told by their number alone.
placed as (

    select
        *,
        percent_rank() over (partition by source, week_start order by tenure_days) as tenure_place,
        percent_rank() over (partition by source, week_start order by active_weeks) as activity_place,
        percent_rank() over (partition by source, week_start order by orders_total) as orders_place,
        percent_rank() over (partition by source, week_start order by revenue_total nulls first) as revenue_place
    from listed

),

scored as (

    select
        *,
        (tenure_place + activity_place + orders_place + case when revenue_total is null then orders_place else revenue_place end)
        / 4 as score
    from placed

)

select
    source,
    week_start,
    member_id,
    member_name,
    score,
    cast(row_number() over (partition by source, week_start order by score, member_id) as bigint) as place,
    tenure_days,
    active_weeks,
    orders_total,
    revenue_total,
    status,
    silence_weeks,
    last_active_at,
    last_seen_at,
    last_ordered_at
from scored
