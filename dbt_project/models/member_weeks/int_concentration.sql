-- Members with equally many interactions are alike, so that a week's members fold into a few rows: how many had how many.
with tallies as (

    select
        source,
        week_start,
        active_interactions as interactions,
        count(*) as members
    from {{ ref('int_active_weeks') }}
    group by source, week_start, active_interactions

),

ranked as (

    select
        source,
        week_start,
        interactions,
        members,
        sum(members) over downwards - members as members_above,
        sum(interactions * members) over downwards - interactions * members as interactions_above,
        sum(members) over (partition by source, week_start) as active_members,
        sum(interactions * members) over (partition by source, week_start) as all_interactions
    from tallies
    window downwards as (
        partition by source, week_start
        order by interactions desc
        rows between unbounded preceding and current row
    )

),

sums as (

    select
        source,
        week_start,
        active_members,
        all_interactions,
        {%- for percent in [1, 10] %}
        -- Divided last: the quotient of whole numbers is exact where it is whole, so that ceil adds nothing to it.
        sum(interactions * greatest(0, least(
            members, ceil(cast(active_members * {{ percent }} as double) / 100) - members_above
        ))) as top_{{ percent }}_pct_interactions,
        {%- endfor %}
        -- The sum of rank x interactions, ranks from the least active on; those with equally many take the ranks in a row.
        sum(interactions * (
            members * (active_members - members_above - members) + members * (members + 1) / 2
        )) as ranked_interactions,
        max(case
            when 2 * interactions_above < all_interactions
                and 2 * (interactions_above + interactions * members) >= all_interactions
                then members_above + ceil(cast(all_interactions - 2 * interactions_above as double) / (2 * interactions))
        end) as absence_factor
    from ranked
    group by source, week_start, active_members, all_interactions

)

select
    source,
    week_start,
    {{ rate('top_1_pct_interactions', 'all_interactions') }} as top_1_pct_share,
    {{ rate('top_10_pct_interactions', 'all_interactions') }} as top_10_pct_share,
    {{ rate('2 * ranked_interactions - (active_members + 1) * all_interactions', 'active_members * all_interactions') }} as gini,
    cast(absence_factor as bigint) as absence_factor
from sums
