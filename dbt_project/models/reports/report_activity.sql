{{ config(meta={'replaces': 'figure_weeks'}) }}
{%- set types = [
    ('post', 'posts'), ('reply', 'replies'), ('message', 'messages'), ('reaction', 'reactions'), ('share', 'shares'),
    ('vote', 'votes'), ('attend', 'attends'), ('claim', 'claims'), ('follow', 'follows'), ('view', 'views'),
] -%}
with spine as (

    select * from {{ ref('int_source_figure_weeks') }}

),

active_weeks as (

    select * from {{ ref('int_active_weeks') }}

),

moves as (

    select
        source,
        week_start,
        sum(case when to_stage is not null then members else 0 end)
        - sum(case when from_stage is not null then members else 0 end) as change_of_members,
        sum(case when to_stage is not null and joined_at_is_inferred then members else 0 end)
        - sum(case when from_stage is not null and joined_at_is_inferred then members else 0 end) as change_of_inferred,
        sum(case when to_stage is not null and from_status is null and is_joining_week then members else 0 end) as new_members
    from {{ ref('int_status_moves') }}
    group by source, week_start

),

membership as (

    select
        spine.source,
        spine.week_start,
        sum(moves.change_of_members) as members,
        sum(moves.change_of_inferred) as members_join_inferred,
        sum(case when moves.week_start = spine.week_start then moves.new_members else 0 end) as new_members
    from spine
    inner join moves
        on spine.source = moves.source
        and moves.week_start <= spine.week_start
    group by spine.source, spine.week_start

),

leavers as (

    select
        source,
        week_start,
        count(*) as left_members
    from {{ ref('int_leavings') }}
    group by source, week_start

),

-- Weeks are joined by equality and not by range: each is put beside every week that looks at it.
active_around as (

    {%- for weeks in range(2) %}
    select *, {{ add_weeks('week_start', weeks) }} as counted_week from active_weeks
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

growth as (

    select
        spine.source,
        spine.week_start,
        sum(case when active.week_start = spine.week_start then 1 else 0 end) as active_members,
        sum(case when active.week_start = spine.week_start and active.first_active_week = spine.week_start then 1 else 0 end) as new_active,
        sum(case
            when active.week_start = spine.week_start
                and active.previous_active_week = {{ add_weeks('spine.week_start', -1) }} then 1
            else 0
        end) as retained,
        sum(case
            when active.week_start = spine.week_start
                and active.first_active_week < spine.week_start
                and active.previous_active_week is distinct from {{ add_weeks('spine.week_start', -1) }} then 1
            else 0
        end) as resurrected,
        sum(case
            when active.week_start < spine.week_start
                and active.next_active_week is distinct from spine.week_start then 1
            else 0
        end) as dormant,
        sum(case when active.week_start < spine.week_start then 1 else 0 end) as active_members_previous
    from spine
    inner join active_around as active
        on spine.source = active.source
        and spine.week_start = active.counted_week
    group by spine.source, spine.week_start

),

acts as (

    select
        active.source,
        active.week_start,
        sum(weeks.active_interactions) as interactions,
        {%- for type, plural in types if type != 'view' %}
        {{ 'nullif(sum(weeks.reaction_interactions), 0)' if type == 'reaction' else 'sum(weeks.' ~ type ~ '_interactions)' }} as {{ plural }},
        {%- endfor %}
        sum({% for day in range(1, 8) %}weeks.is_active_day_{{ day }}{{ ' + ' if not loop.last }}{% endfor %}) as active_days,
        {%- for days in range(1, 8) %}
        sum(case when {% for day in range(1, 8) %}weeks.is_active_day_{{ day }}{{ ' + ' if not loop.last }}{% endfor %} = {{ days }} then 1 else 0 end) as active_{{ days }}{{ ',' if not loop.last }}
        {%- endfor %}
    from active_weeks as active
    inner join {{ ref('int_member_weeks') }} as weeks
        on active.source = weeks.source
        and active.member_id = weeks.member_id
        and active.week_start = weeks.week_start
    group by active.source, active.week_start

),

-- Passive acts count whoever makes them, the active members too.
viewers as (

    select
        weeks.source,
        weeks.week_start,
        sum(weeks.view_interactions) as views,
        sum(case when weeks.active_interactions = 0 and weeks.passive_interactions > 0 then 1 else 0 end) as lurking_members
    from {{ ref('int_member_weeks') }} as weeks
    inner join spine
        on weeks.source = spine.source
        and weeks.week_start = spine.week_start
    inner join {{ ref('int_membership_spans') }} as spans
        on weeks.source = spans.source
        and weeks.member_id = spans.member_id
        and spans.from_week <= weeks.week_start
        and weeks.week_start < spans.to_week
    inner join {{ ref('int_community_members') }} as members
        on weeks.source = members.source
        and weeks.member_id = members.member_id
    where weeks.passive_interactions > 0
        and spans.is_member
        and not members.is_excluded
    group by weeks.source, weeks.week_start

),

-- The 28 local days that end with a week are that week and the three before: an active week lasts for four, or until
-- the member's next one. Counted by what begins and ends, so that no member is counted once for each of the four.
lasting as (

    select
        source,
        member_id,
        week_start as from_week,
        least(
            {{ add_weeks('week_start', 4) }},
            lead(week_start, 1, {{ end_of_time() }}) over (partition by source, member_id order by week_start)
        ) as to_week
    from {{ ref('int_member_weeks') }}
    where active_interactions > 0

),

lasting_of_members as (

    select
        lasting.source,
        greatest(lasting.from_week, spans.from_week) as from_week,
        least(lasting.to_week, spans.to_week) as to_week
    from lasting
    inner join {{ ref('int_membership_spans') }} as spans
        on lasting.source = spans.source
        and lasting.member_id = spans.member_id
    inner join {{ ref('int_community_members') }} as members
        on lasting.source = members.source
        and lasting.member_id = members.member_id
    where spans.is_member
        and not members.is_excluded
        and greatest(lasting.from_week, spans.from_week) < least(lasting.to_week, spans.to_week)

),

lasting_changes as (

    select source, from_week as week_start, count(*) as change
    from lasting_of_members
    group by source, from_week
    union all
    select source, to_week as week_start, -count(*) as change
    from lasting_of_members
    group by source, to_week

),

months as (

    select
        spine.source,
        spine.week_start,
        sum(changes.change) as mau
    from spine
    inner join lasting_changes as changes
        on spine.source = changes.source
        and changes.week_start <= spine.week_start
    group by spine.source, spine.week_start

),

gathered as (

    select
        spine.source,
        spine.week_start,
        spine.observes_views,
        coalesce(membership.members, 0) as members,
        coalesce(membership.new_members, 0) as new_members,
        coalesce(leavers.left_members, 0) as left_members,
        coalesce(membership.members_join_inferred, 0) as members_join_inferred,
        coalesce(growth.active_members, 0) as active_members,
        coalesce(growth.active_members_previous, 0) as active_members_previous,
        coalesce(growth.new_active, 0) as new_active,
        coalesce(growth.retained, 0) as retained,
        coalesce(growth.resurrected, 0) as resurrected,
        coalesce(growth.dormant, 0) as dormant,
        coalesce(acts.interactions, 0) as interactions,
        {%- for type, plural in types if type not in ('reaction', 'view') %}
        coalesce(acts.{{ plural }}, 0) as {{ plural }},
        {%- endfor %}
        -- What cannot be seen is not 0.
        coalesce(acts.reactions, case when spine.observes_reactions then 0 end) as reactions,
        coalesce(viewers.views, case when spine.observes_views then 0 end) as views,
        coalesce(acts.active_days, 0) as active_days,
        {%- for days in range(1, 8) %}
        coalesce(acts.active_{{ days }}, 0) as active_{{ days }},
        {%- endfor %}
        coalesce(viewers.lurking_members, 0) as lurking_members,
        coalesce(months.mau, 0) as mau,
        concentration.top_1_pct_share,
        concentration.top_10_pct_share,
        concentration.gini,
        concentration.absence_factor,
        engagement.engagement_rate,
        engagement.engagement_rate_change_12w
    from spine
    left join membership on spine.source = membership.source and spine.week_start = membership.week_start
    left join leavers on spine.source = leavers.source and spine.week_start = leavers.week_start
    left join growth on spine.source = growth.source and spine.week_start = growth.week_start
    left join acts on spine.source = acts.source and spine.week_start = acts.week_start
    left join viewers on spine.source = viewers.source and spine.week_start = viewers.week_start
    left join months on spine.source = months.source and spine.week_start = months.week_start
    left join {{ ref('int_concentration') }} as concentration
        on spine.source = concentration.source
        and spine.week_start = concentration.week_start
    left join {{ ref('int_engagement_rates') }} as engagement
        on spine.source = engagement.source
        and spine.week_start = engagement.week_start

)

select
    source,
    week_start,
    cast(members as bigint) as members,
    cast(new_members as bigint) as new_members,
    cast(left_members as bigint) as left_members,
    cast(active_members as bigint) as active_members,
    {{ rate('active_members', 'members') }} as active_rate,
    case when observes_views then cast(lurking_members as bigint) end as lurking_members,
    case when observes_views then cast(members - active_members - lurking_members as bigint) end as absent_members,
    observes_views,
    cast(members - active_members as bigint) as silent_members,
    cast(new_active as bigint) as new_active,
    cast(retained as bigint) as retained,
    cast(resurrected as bigint) as resurrected,
    cast(dormant as bigint) as dormant,
    {{ rate('new_active + resurrected', 'dormant') }} as quick_ratio,
    cast(interactions as bigint) as interactions,
    {{ rate('interactions', 'active_members') }} as interactions_per_active,
    {%- for type, plural in types %}
    cast({{ plural }} as bigint) as {{ plural }},
    {%- endfor %}
    cast(active_days as double) / 7 as dau_mean,
    cast(mau as bigint) as mau,
    {{ rate('cast(active_days as double) / 7', 'mau') }} as stickiness,
    {%- for days in range(1, 8) %}
    cast(active_{{ days }} as bigint) as active_{{ days }},
    {%- endfor %}
    cast(members_join_inferred as bigint) as members_join_inferred,
    cast(active_members_previous as bigint) as active_members_previous,
    top_1_pct_share,
    top_10_pct_share,
    gini,
    absence_factor,
    engagement_rate,
    engagement_rate_change_12w
from gathered
