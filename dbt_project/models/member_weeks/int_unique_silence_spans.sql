-- A silence may go on while its member is away: it is cut by leaving and coming back. All that is known of a member stands in a span,
-- with the weeks at which status and stage turn. Whoever needs only a few weeks, or only some statuses, takes them from here:
-- the spans between two turns (int_unique_status_spans) are three times as many.
with settings as (

    select * from {{ source('control', 'settings') }}

),

-- Each unbroken run of weeks in which a member belongs, or has left, with the first week at whose end the member is no newbie
-- any more, and the first at whose end growth is over.
members as (

    select
        members.source,
        members.member_id,
        spans.is_member,
        spans.from_week,
        spans.to_week,
        members.joined_week,
        members.joined_at_is_inferred,
        {{ week_of(add_days('members.joined_date', 'settings.newbie_days - 1'), 'settings.week_anchor') }} as growth_from_week,
        {{ week_of(add_days('members.joined_date', 'settings.growth_days - 1'), 'settings.week_anchor') }} as mature_from_week
    from {{ ref('int_community_members') }} as members
    cross join settings
    inner join {{ ref('int_unique_membership_spans') }} as spans
        on members.source = spans.source
        and members.member_id = spans.member_id
    where not members.is_excluded

)

select
    rhythms.source,
    rhythms.member_id,
    rhythms.is_same_in_all,
    members.is_member,
    rhythms.anchor_week,
    rhythms.has_sign_of_life,
    greatest(rhythms.anchor_week, members.from_week) as from_week,
    least(rhythms.to_week, members.to_week) as to_week,
    rhythms.to_week as next_sign_week,
    -- A null rhythm makes no difference to `least`.
    case
        when rhythms.has_sign_of_life
            then {{ add_weeks('rhythms.anchor_week', 'least(settings.at_risk_after_weeks, rhythms.rhythm_after_weeks)') }}
    end as at_risk_week,
    {{ add_weeks('rhythms.anchor_week', 'settings.churned_after_weeks') }} as churned_week,
    members.growth_from_week,
    members.mature_from_week,
    case when members.is_member then members.from_week end as member_since_week,
    members.joined_week,
    members.joined_at_is_inferred,
    rhythms.active_weeks,
    rhythms.first_active_week,
    rhythms.last_active_week,
    rhythms.next_active_week,
    rhythms.typical_gap_weeks,
    rhythms.p90_gap_weeks,
    rhythms.rhythm_after_weeks
from {{ ref('int_unique_member_rhythms') }} as rhythms
cross join settings
inner join members
    on rhythms.source = members.source
    and rhythms.member_id = members.member_id
    and rhythms.anchor_week < members.to_week
    and members.from_week < rhythms.to_week
