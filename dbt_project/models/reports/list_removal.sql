-- To be looked through by a person, never acted upon by a program: nothing here removes anybody.
with settings as (

    select * from {{ source('control', 'settings') }}

),

members as (

    select
        statuses.source,
        statuses.week_start,
        statuses.member_id,
        statuses.member_name,
        statuses.tenure_days,
        statuses.active_weeks,
        statuses.orders_total,
        statuses.revenue_total,
        statuses.status,
        statuses.silence_weeks,
        statuses.last_active_at,
        statuses.last_seen_at,
        -- Who was last seen before it is out of question: local time is asked for where it matters, which is rare.
        {{ add_weeks('statuses.week_start', '-1 - settings.removal_silence_weeks') }} as surely_long_ago
    from {{ ref('member_week_status') }} as statuses
    inner join {{ source('control', 'run_weeks') }} as run_weeks on statuses.week_start = run_weeks.week_start
    cross join settings
    where statuses.status <> 'left'
        and statuses.silence_weeks >= settings.removal_silence_weeks
        and statuses.tenure_days >= settings.removal_tenure_days

),

purchases as (

    select
        source,
        member_id,
        from_week,
        to_week,
        last_ordered_at
    from {{ ref('int_member_histories') }}
    where last_ordered_at is not null

),

listed as (

    select
        members.*,
        purchases.last_ordered_at
    from members
    left join purchases
        on members.source = purchases.source
        and members.member_id = purchases.member_id
        and purchases.from_week <= members.week_start
        and members.week_start < purchases.to_week
    cross join settings
    where case
        when members.last_seen_at is null or members.last_seen_at < members.surely_long_ago then true
        else {{ weeks_since('members.last_seen_at', 'members.week_start') }} >= settings.removal_silence_weeks
    end
        -- Local days, of which the week's last is the day before the next week.
        and coalesce(
            {{ days_between(
                'cast(' ~ local_time('purchases.last_ordered_at', 'settings.timezone') ~ ' as date)',
                add_weeks('members.week_start', 1)
            ) }} > settings.removal_purchase_days,
            true
        )

),

-- Members alike in all that the order goes by are placed together: there are far fewer of their kinds than of them.
kinds as (

    select
        source,
        week_start,
        tenure_days,
        active_weeks,
        orders_total,
        revenue_total,
        count(*) as members
    from listed
    group by source, week_start, tenure_days, active_weeks, orders_total, revenue_total

),

-- How many on the list have less than a member. Amounts of several currencies have no sum: such a member's purchases are told
-- by their number alone.
placed as (

    select
        *,
        {{ place_in_list('tenure_days') }} as tenure_place,
        {{ place_in_list('active_weeks') }} as activity_place,
        {{ place_in_list('orders_total') }} as orders_place,
        {{ place_in_list('revenue_total') }} as revenue_place,
        sum(members) over (partition by source, week_start) as members_listed
    from kinds

),

-- Whole numbers are added up and divided once, so that members who are worth the same have the very same score.
scored as (

    select
        listed.*,
        coalesce({{ rate(
            'placed.tenure_place + placed.activity_place + placed.orders_place'
            ~ ' + case when placed.revenue_total is null then placed.orders_place else placed.revenue_place end',
            '4 * (placed.members_listed - 1)'
        ) }}, 0) as score
    from listed
    inner join placed
        on listed.source = placed.source
        and listed.week_start = placed.week_start
        and listed.tenure_days = placed.tenure_days
        and listed.active_weeks = placed.active_weeks
        and listed.orders_total = placed.orders_total
        and listed.revenue_total is not distinct from placed.revenue_total

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
