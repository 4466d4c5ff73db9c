{{ config(meta={'replaces': 'figure_weeks'}) }}
{%- set statuses = ['active', 'quiet', 'at_risk', 'churned', 'never_active', 'left'] -%}
{%- set stages = ['newbie', 'growth', 'mature'] -%}
with spine as (

    select * from {{ ref('int_source_figure_weeks') }}

),

moves as (

    select
        moves.*,
        -- Whoever has left or not yet joined is not there to turn at risk or to churn.
        from_status is not null and from_status <> 'left' as was_member,
        to_status is distinct from from_status as is_status_move
    from {{ ref('int_status_moves') }} as moves

),

totals as (

    select
        spine.source,
        spine.week_start,
        {%- for status in statuses %}
        sum(case when moves.to_status = '{{ status }}' then moves.members else 0 end)
        - sum(case when moves.from_status = '{{ status }}' then moves.members else 0 end) as {{ status }}_members,
        {%- endfor %}
        {%- for stage in stages %}
        -- At the start: the same sums up to the week before.
        sum(case
            when moves.week_start = spine.week_start then 0
            when moves.to_stage = '{{ stage }}' and moves.to_status <> 'churned' then moves.members
            else 0
        end)
        - sum(case
            when moves.week_start = spine.week_start then 0
            when moves.from_stage = '{{ stage }}' and moves.from_status <> 'churned' then moves.members
            else 0
        end) as {{ stage }}_members_at_start,
        {%- endfor %}
        sum(case when moves.week_start < spine.week_start and moves.to_status not in ('churned', 'left') then moves.members else 0 end)
        - sum(case when moves.week_start < spine.week_start and moves.from_status not in ('churned', 'left') then moves.members else 0 end) as members_at_start
    from spine
    inner join moves
        on spine.source = moves.source
        and moves.week_start <= spine.week_start
    group by spine.source, spine.week_start

),

turns as (

    select
        source,
        week_start,
        sum(case when was_member and is_status_move and to_status = 'at_risk' then members else 0 end) as newly_at_risk,
        sum(case when was_member and is_status_move and to_status = 'churned' then members else 0 end) as newly_churned,
        {%- for stage in stages %}
        sum(case when was_member and is_status_move and to_status = 'churned' and from_stage = '{{ stage }}' then members else 0 end) as newly_churned_{{ stage }},
        {%- endfor %}
        sum(case when from_status = 'churned' and to_status = 'active' then members else 0 end) as won_back
    from moves
    group by source, week_start

),

-- Quiet members of a week whom their probability turns at risk: all of them; those of them who were members, and not at
-- risk, a week before; and those who are at risk by their silence or rhythm a week later, and so not newly.
flags as (

    select
        source,
        week_start,
        1 as flagged,
        case when flagged_since = week_start and member_since_week < week_start then 1 else 0 end as newly_flagged,
        0 as flagged_before
    from {{ ref('int_probability_flags') }}

    union all

    select
        flags.source,
        spans.at_risk_week as week_start,
        0 as flagged,
        0 as newly_flagged,
        1 as flagged_before
    from {{ ref('int_probability_flags') }} as flags
    inner join {{ ref('int_silence_spans') }} as spans
        on flags.source = spans.source
        and flags.member_id = spans.member_id
        and {{ add_weeks('flags.week_start', 1) }} = spans.at_risk_week
    where spans.is_member
        and spans.from_week <= spans.at_risk_week
        and spans.at_risk_week < spans.to_week

),

flips as (

    select
        source,
        week_start,
        sum(flagged) as flagged,
        sum(newly_flagged) - sum(flagged_before) as newly_flagged
    from flags
    group by source, week_start

),

gathered as (

    select
        spine.source,
        spine.week_start,
        {%- for status in statuses %}
        coalesce(totals.{{ status }}_members, 0) {{ {'quiet': '- coalesce(flips.flagged, 0)', 'at_risk': '+ coalesce(flips.flagged, 0)'}.get(status, '') }} as {{ status }}_members,
        {%- endfor %}
        {%- for stage in stages %}
        coalesce(totals.{{ stage }}_members_at_start, 0) as {{ stage }}_members_at_start,
        coalesce(turns.newly_churned_{{ stage }}, 0) as newly_churned_{{ stage }},
        {%- endfor %}
        coalesce(totals.members_at_start, 0) as members_at_start,
        coalesce(turns.newly_at_risk, 0) + coalesce(flips.newly_flagged, 0) as newly_at_risk,
        coalesce(turns.newly_churned, 0) as newly_churned,
        coalesce(turns.won_back, 0) as won_back
    from spine
    left join totals
        on spine.source = totals.source
        and spine.week_start = totals.week_start
    left join turns
        on spine.source = turns.source
        and spine.week_start = turns.week_start
    left join flips
        on spine.source = flips.source
        and spine.week_start = flips.week_start

)

select
    source,
    week_start,
    {%- for status in statuses %}
    cast({{ status }}_members as bigint) as {{ adapter.quote(status) if status == 'left' else status }},
    {%- endfor %}
    cast(newly_at_risk as bigint) as newly_at_risk,
    cast(newly_churned as bigint) as newly_churned,
    cast(won_back as bigint) as won_back,
    {{ rate('newly_churned', 'members_at_start') }} as churn_rate,
    cast(members_at_start as bigint) as members_at_start,
    {%- for stage in stages %}
    cast(newly_churned_{{ stage }} as bigint) as newly_churned_{{ stage }},
    {{ rate('newly_churned_' ~ stage, stage ~ '_members_at_start') }} as churn_rate_{{ stage }}{{ ',' if not loop.last }}
    {%- endfor %}
from gathered
