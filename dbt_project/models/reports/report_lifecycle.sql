with spine as (

    select
        weeks.source,
        weeks.week_start,
        stages.stage
    from {{ ref('int_source_run_weeks') }} as weeks
    cross join (
        select 'newbie' as stage
        union all
        select 'growth'
        union all
        select 'mature'
        union all
        select 'churned'
    ) as stages

),

changes as (

    select source, week_start, to_stage as stage, members
    from {{ ref('int_status_moves') }}
    where to_stage is not null
    union all
    select source, week_start, from_stage as stage, -members
    from {{ ref('int_status_moves') }}
    where from_stage is not null

),

weekly_changes as (

    select
        source,
        week_start,
        stage,
        sum(members) as members
    from changes
    group by source, week_start, stage

),

staged as (

    select
        spine.source,
        spine.week_start,
        spine.stage,
        sum(weekly_changes.members) as members
    from spine
    inner join weekly_changes
        on spine.source = weekly_changes.source
        and spine.stage = weekly_changes.stage
        and weekly_changes.week_start <= spine.week_start
    group by spine.source, spine.week_start, spine.stage

),

active as (

    select
        source,
        week_start,
        stage,
        count(*) as active_members
    from {{ ref('int_active_weeks') }}
    group by source, week_start, stage

),

purchases as (

    select
        purchases.source,
        purchases.week_start,
        {{ stage_at('spans', 'purchases.week_start') }} as stage,
        count(distinct purchases.member_id) as buyers,
        sum(purchases.revenue) as revenue
    from {{ ref('int_member_purchases') }} as purchases
    -- A purchase is a sign of life, so it opens a span of its own.
    inner join {{ ref('int_silence_spans') }} as spans
        on purchases.source = spans.source
        and purchases.member_id = spans.member_id
        and purchases.week_start = spans.from_week
    where spans.is_member
        and spans.has_sign_of_life
        and spans.from_week = spans.anchor_week
    group by purchases.source, purchases.week_start, stage

),

currencies as (

    select
        spine.source,
        spine.week_start,
        count(distinct purchases.currency) as currencies
    from {{ ref('int_source_run_weeks') }} as spine
    inner join {{ ref('int_member_purchases') }} as purchases
        on spine.source = purchases.source
        and purchases.week_start <= spine.week_start
    group by spine.source, spine.week_start

),

gathered as (

    select
        spine.source,
        spine.week_start,
        spine.stage,
        coalesce(staged.members, 0) as members,
        coalesce(active.active_members, 0) as active_members,
        sum(coalesce(staged.members, 0)) over (partition by spine.source, spine.week_start) as all_members,
        coalesce(purchases.buyers, 0) as buyers,
        -- Amounts of several currencies have no sum.
        case when coalesce(currencies.currencies, 0) <= 1 then coalesce(purchases.revenue, 0) end as revenue
    from spine
    left join staged
        on spine.source = staged.source
        and spine.week_start = staged.week_start
        and spine.stage = staged.stage
    left join active
        on spine.source = active.source
        and spine.week_start = active.week_start
        and spine.stage = active.stage
    left join purchases
        on spine.source = purchases.source
        and spine.week_start = purchases.week_start
        and spine.stage = purchases.stage
    left join currencies
        on spine.source = currencies.source
        and spine.week_start = currencies.week_start

)

select
    source,
    week_start,
    stage,
    cast(members as bigint) as members,
    cast(active_members as bigint) as active_members,
    {{ rate('members', 'all_members') }} as share,
    cast(buyers as bigint) as buyers,
    cast(revenue as decimal(18, 4)) as revenue
from gathered
