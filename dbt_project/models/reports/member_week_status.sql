{{ config(**joins_as_written()) }}
{%- set of_silences = [
    'is_same_in_all', 'is_member', 'has_sign_of_life', 'anchor_week', 'at_risk_week', 'churned_week', 'growth_from_week',
    'mature_from_week', 'member_since_week', 'active_weeks', 'first_active_week', 'last_active_week', 'typical_gap_weeks',
    'p90_gap_weeks', 'rhythm_after_weeks'
] %}
{%- set of_histories = ['last_active_at', 'last_seen_at', 'orders_total', 'revenue_total', 'currency', 'last_ordered_at'] %}
{%- set of_pieces = (of_silences + ['active_weeks_12'] + of_histories + ['joined_date', 'member_name']) %}
{#- All that is known of a member holds over intervals of weeks. They are cut into each other first, clipped to the weeks that
    are kept, and become weeks last: most members have two or three pieces in half a year. Until then,
    whoever is the same member in 'all' stands once. -#}

with settings as (

    select * from {{ source('control', 'settings') }}

),

kept_weeks as (

    select run_weeks.week_start
    from {{ source('control', 'run_weeks') }} as run_weeks
    cross join settings
    where run_weeks.week_start >= settings.kept_from_week

),

bounds as (

    select
        min(week_start) as from_week,
        {{ add_weeks('max(week_start)', 1) }} as to_week
    from kept_weeks

),

-- What is the same in each of a member's weeks is worked out once.
members as (

    select
        members.source,
        members.member_id,
        members.joined_week,
        members.joined_date,
        case
            when settings.member_names = 'name' then coalesce(members.member_name, members.member_id)
            -- Recognisable from week to week, and not who it is.
            else 'member ' || left(md5(members.member_id), 8)
        end as member_name
    from {{ ref('int_community_members') }} as members
    cross join settings
    where {{ is_computed('members') }}

),

silences as (

    select
        spans.source,
        spans.member_id,
        {%- for column in of_silences %}
        spans.{{ column }},
        {%- endfor %}
        spans.from_week,
        spans.to_week
    from {{ ref('int_unique_silence_spans') }} as spans
    inner join bounds on {{ weeks_overlap('spans', 'bounds') }}

),

first_histories as (

    select
        source,
        member_id,
        min(from_week) as first_week
    from {{ ref('int_unique_member_histories') }}
    group by source, member_id

),

-- How many active weeks there were twelve weeks before: the same intervals, twelve weeks later. Before they joined, some were
-- active all the same.
before_12_weeks as (

    select
        spans.source,
        spans.member_id,
        spans.active_weeks,
        {{ add_weeks('spans.from_week', 12) }} as from_week,
        case
            when spans.to_week < {{ end_of_time() }} then {{ add_weeks('spans.to_week', 12) }}
            else spans.to_week
        end as to_week
    from {{ ref('int_unique_silence_spans') }} as spans
    inner join bounds
        on {{ add_weeks('spans.from_week', 12) }} < bounds.to_week
        and {{ add_weeks('bounds.from_week', -12) }} < spans.to_week

    union all

    select
        histories.source,
        histories.member_id,
        histories.active_weeks,
        {{ add_weeks('histories.from_week', 12) }} as from_week,
        {{ add_weeks('least(histories.to_week, members.joined_week)', 12) }} as to_week
    from members
    inner join {{ ref('int_unique_member_histories') }} as histories
        on members.source = histories.source
        and members.member_id = histories.member_id
        and histories.from_week < members.joined_week

    union all

    select
        members.source,
        members.member_id,
        0 as active_weeks,
        members.joined_week as from_week,
        {{ add_weeks('least(members.joined_week, first_histories.first_week)', 12) }} as to_week
    from members
    left join first_histories
        on members.source = first_histories.source
        and members.member_id = first_histories.member_id
    inner join bounds
        on members.joined_week < bounds.to_week
        and bounds.from_week < {{ add_weeks('members.joined_week', 12) }}

),

-- Before anything is learned of a member nothing is known, which is an interval too.
histories as (

    select
        histories.source,
        histories.member_id,
        {%- for column in of_histories %}
        histories.{{ column }},
        {%- endfor %}
        histories.from_week,
        histories.to_week
    from {{ ref('int_unique_member_histories') }} as histories
    inner join bounds on {{ weeks_overlap('histories', 'bounds') }}

    union all

    select
        members.source,
        members.member_id,
        null as last_active_at,
        null as last_seen_at,
        0 as orders_total,
        0 as revenue_total,
        null as currency,
        null as last_ordered_at,
        members.joined_week as from_week,
        coalesce(first_histories.first_week, {{ end_of_time() }}) as to_week
    from members
    left join first_histories
        on members.source = first_histories.source
        and members.member_id = first_histories.member_id
    inner join bounds
        on members.joined_week < bounds.to_week
        and bounds.from_week < coalesce(first_histories.first_week, {{ end_of_time() }})

),

-- One cut after the other: each has its own bounds, and the planner few ways to choose from.
recent_pieces as (

    select
        silences.source,
        silences.member_id,
        {%- for column in of_silences %}
        silences.{{ column }},
        {%- endfor %}
        silences.active_weeks - before_12_weeks.active_weeks as active_weeks_12,
        greatest(silences.from_week, before_12_weeks.from_week) as from_week,
        least(silences.to_week, before_12_weeks.to_week) as to_week
    from silences
    inner join before_12_weeks
        on silences.source = before_12_weeks.source
        and silences.member_id = before_12_weeks.member_id
        and {{ weeks_overlap('silences', 'before_12_weeks') }}

),

pieces as (

    select
        pieces.source,
        pieces.member_id,
        {%- for column in of_silences %}
        pieces.{{ column }},
        {%- endfor %}
        pieces.active_weeks_12,
        {%- for column in of_histories %}
        histories.{{ column }},
        {%- endfor %}
        members.joined_date,
        members.member_name,
        greatest(pieces.from_week, histories.from_week, bounds.from_week) as from_week,
        least(pieces.to_week, histories.to_week, bounds.to_week) as to_week
    from recent_pieces as pieces
    cross join bounds
    inner join histories
        on pieces.source = histories.source
        and pieces.member_id = histories.member_id
        and {{ weeks_overlap('pieces', 'histories') }}
    inner join members
        on pieces.source = members.source
        and pieces.member_id = members.member_id

),

-- A member may have been at risk by probability in the weeks before silence or rhythm says so too. That is looked back on for
-- 52 weeks, as far as the run's scores reach.
flags as (

    select * from {{ ref('int_probability_flags') }}

),

-- Whether for the member's own source or for 'all'.
scopes as (

    select false as is_all
    union all
    select true as is_all

),

piece_weeks as (

    select
        case when scopes.is_all then 'all' else pieces.source end as source,
        pieces.member_id,
        {%- for column in of_pieces %}
        pieces.{{ column }},
        {%- endfor %}
        {{ each_week('pieces.from_week', 'pieces.to_week') }} as week_start
    from pieces
    cross join scopes
    where not scopes.is_all
        or pieces.is_same_in_all

),

weeks as (

    select
        pieces.*,
        {{ status_at('pieces', 'pieces.week_start') }} as status,
        {{ stage_at('pieces', 'pieces.week_start') }} as stage,
        case when pieces.is_member and pieces.week_start >= pieces.at_risk_week then pieces.at_risk_week end as flagged_from_week,
        {{ weeks_between('pieces.anchor_week', 'pieces.week_start') }} as silence_weeks,
        -- The history as the churn model knows it; it knows nothing of those who left.
        case when pieces.is_member then pieces.active_weeks - 1 end as x,
        {{ weeks_between('pieces.first_active_week', 'pieces.last_active_week') }} as t_x,
        {{ weeks_between('pieces.first_active_week', 'pieces.week_start') }} as n,
        {{ add_weeks('pieces.week_start', -52) }} as looked_back_to_week
    from piece_weeks as pieces
    inner join kept_weeks on pieces.week_start = kept_weeks.week_start

),

-- Buyers who are members still, from the best fifth (5) to the last (1); equals by member_id.
buyers as (

    select
        source,
        member_id,
        week_start,
        ntile(5) over (partition by source, week_start order by last_ordered_at, member_id) as recency_quintile,
        ntile(5) over (partition by source, week_start order by orders_total, member_id) as frequency_quintile,
        ntile(5) over (partition by source, week_start order by revenue_total, member_id) as money_quintile,
        -- Amounts of several currencies cannot be compared.
        count(currency) over (partition by source, week_start) = count(*) over (partition by source, week_start)
        and min(currency) over (partition by source, week_start)
        = max(currency) over (partition by source, week_start) as is_one_currency
    from weeks
    where orders_total > 0
        and status <> 'left'

),

gathered as (

    select
        weeks.*,
        scores.p_alive,
        scores.p_active_4w,
        flags.week_start is not null as is_flagged_by_probability,
        case
            when weeks.flagged_from_week is not null and flags_before.week_start >= weeks.looked_back_to_week
                then greatest(flags_before.flagged_since, weeks.looked_back_to_week)
            when weeks.flagged_from_week is not null
                then greatest(weeks.flagged_from_week, weeks.member_since_week)
            when flags.week_start is not null
                then greatest(flags.flagged_since, weeks.looked_back_to_week)
        end as flagged_since,
        settings.at_risk_after_weeks,
        settings.probability_below,
        buyers.recency_quintile,
        buyers.frequency_quintile,
        case when buyers.is_one_currency then buyers.money_quintile end as money_quintile
    from weeks
    cross join settings
    left join {{ ref('int_churn_scores') }} as scores
        on weeks.source = scores.source
        and weeks.week_start = scores.week_start
        and weeks.x = scores.x
        and weeks.t_x = scores.t_x
        and weeks.n = scores.n
    left join flags
        on weeks.source = flags.source
        and weeks.member_id = flags.member_id
        and weeks.week_start = flags.week_start
    left join flags as flags_before
        on weeks.source = flags_before.source
        and weeks.member_id = flags_before.member_id
        and weeks.flagged_from_week = {{ add_weeks('flags_before.week_start', 1) }}
        and weeks.member_since_week <= flags_before.week_start
    left join buyers
        on weeks.source = buyers.source
        and weeks.member_id = buyers.member_id
        and weeks.week_start = buyers.week_start

)

select
    source,
    member_id,
    week_start,
    cast(silence_weeks as integer) as silence_weeks,
    cast(active_weeks as bigint) as active_weeks,
    cast(active_weeks_12 as bigint) as active_weeks_12,
    first_active_week,
    last_active_at,
    last_seen_at,
    typical_gap_weeks,
    p90_gap_weeks,
    p_alive,
    p_active_4w,
    case when is_flagged_by_probability then 'at_risk' else status end as status,
    -- Every flag bears its reasons.
    case
        when flagged_since is not null then concat_ws(
            '+',
            case when silence_weeks >= at_risk_after_weeks then 'silence' end,
            case when silence_weeks >= rhythm_after_weeks then 'rhythm' end,
            case when p_active_4w < probability_below then 'probability' end
        )
    end as flagged_by,
    flagged_since,
    stage as lifecycle_stage,
    cast({{ days_between('joined_date', add_weeks('week_start', 1)) }} as integer) as tenure_days,
    cast(orders_total as bigint) as orders_total,
    cast(revenue_total as decimal(18, 4)) as revenue_total,
    cast(recency_quintile as integer) as recency_quintile,
    cast(frequency_quintile as integer) as frequency_quintile,
    cast(money_quintile as integer) as money_quintile,
    member_name
from gathered
