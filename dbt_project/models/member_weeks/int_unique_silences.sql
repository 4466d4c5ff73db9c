-- A member's weeks are cut at each sign of life. Within such an interval nothing is learned of the member, so silence
-- simply grows by one a week from its anchor: this is why no row per member and week is needed.
with signs_of_life as (

    select
        source,
        member_id,
        is_same_in_all,
        week_start,
        active_interactions > 0 as is_active,
        lead(week_start, 1, {{ end_of_time() }}) over (partition by source, member_id order by week_start) as next_week
    from {{ ref('int_unique_member_weeks') }}
    where is_sign_of_life

),

first_signs as (

    select
        source,
        member_id,
        min(week_start) as first_week
    from signs_of_life
    group by source, member_id

),

before_any as (

    select
        members.source,
        members.member_id,
        members.is_same_in_all,
        members.joined_week as anchor_week,
        false as has_sign_of_life,
        false as is_active,
        coalesce(first_signs.first_week, {{ end_of_time() }}) as to_week
    from {{ ref('int_community_members') }} as members
    left join first_signs
        on members.source = first_signs.source
        and members.member_id = first_signs.member_id
    where {{ is_computed('members') }}
        and members.joined_week < coalesce(first_signs.first_week, {{ end_of_time() }})

)

select source, member_id, is_same_in_all, anchor_week, has_sign_of_life, is_active, to_week
from before_any
union all
select source, member_id, is_same_in_all, week_start as anchor_week, true as has_sign_of_life, is_active, next_week as to_week
from signs_of_life
