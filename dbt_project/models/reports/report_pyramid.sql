with spine as (

    select * from {{ ref('int_source_run_weeks') }}

),

{{ membership_of_spine() }},

seen as (

    select
        source,
        week_start,
        sum(case when post_interactions > 0 then 1 else 0 end) as creators,
        sum(case when post_interactions = 0 and active_interactions > 0 then 1 else 0 end) as contributors,
        sum(case when post_interactions = 0 and active_interactions = 0 and passive_interactions > 0 then 1 else 0 end) as lurkers
    from {{ ref('int_member_weeks') }}
    where is_community_member
    group by source, week_start

),

counted as (

    select
        spine.source,
        spine.week_start,
        spine.observes_views,
        coalesce(membership.members, 0) as members,
        coalesce(seen.creators, 0) as creators,
        coalesce(seen.contributors, 0) as contributors,
        coalesce(seen.lurkers, 0) as lurkers
    from spine
    left join membership on spine.source = membership.source and spine.week_start = membership.week_start
    left join seen on spine.source = seen.source and spine.week_start = seen.week_start

),

-- Where views cannot be seen nobody is called a lurker or absent: all that is known is that they were silent.
tiers as (

    select source, week_start, 'creator' as tier, creators as tier_members, members
    from counted
    union all
    select source, week_start, 'contributor', contributors, members
    from counted
    union all
    select source, week_start, 'lurker', lurkers, members
    from counted
    where observes_views
    union all
    select source, week_start, 'absent', members - creators - contributors - lurkers, members
    from counted
    where observes_views
    union all
    select source, week_start, 'silent', members - creators - contributors, members
    from counted
    where not observes_views

)

select
    source,
    week_start,
    tier,
    cast(tier_members as bigint) as members,
    {{ rate('tier_members', 'members') }} as share
from tiers
