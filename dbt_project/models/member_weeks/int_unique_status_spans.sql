-- Each silence is cut by the thresholds it passes, the member's own rhythm among them, by the stages of tenure, and by
-- leaving and coming back. The third rule, probability, is not in here: it may change its mind from week to week.
with settings as (

    select * from {{ source('control', 'settings') }}

),

-- Each unbroken run of weeks in which a member belongs, with the first week at whose end the member is no newbie any more,
-- and the first at whose end growth is over. Joined to the silences first, while they are few.
members as (

    select
        members.source,
        members.member_id,
        spans.from_week as member_since_week,
        spans.to_week as member_to_week,
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
        and spans.is_member

),

silences as (

    select
        rhythms.source,
        rhythms.member_id,
        rhythms.is_same_in_all,
        rhythms.anchor_week,
        rhythms.has_sign_of_life,
        rhythms.to_week as next_sign_week,
        rhythms.rhythm_after_weeks,
        rhythms.active_weeks,
        rhythms.first_active_week,
        rhythms.last_active_week,
        rhythms.next_active_week,
        members.member_since_week,
        members.joined_week,
        members.joined_at_is_inferred,
        members.growth_from_week,
        members.mature_from_week,
        greatest(rhythms.anchor_week, members.member_since_week) as from_week,
        least(rhythms.to_week, members.member_to_week) as to_week
    from {{ ref('int_unique_member_rhythms') }} as rhythms
    inner join members
        on rhythms.source = members.source
        and rhythms.member_id = members.member_id
        and rhythms.anchor_week < members.member_to_week
        and members.member_since_week < rhythms.to_week

),

-- Silence bands: the status that holds from `from_silence` weeks of silence to before `to_silence`. Being at risk
-- begins earlier for members who are out of their rhythm before.
bands as (

    select
        true as has_sign_of_life, 'active' as status, 0 as from_silence, 1 as to_silence, false as is_churned_stage,
        false as from_rhythm, false as to_rhythm
    union all
    select true, 'quiet', 1, at_risk_after_weeks, false, false, true from settings
    union all
    select true, 'at_risk', at_risk_after_weeks, churned_after_weeks, false, true, false from settings
    union all
    select true, 'churned', churned_after_weeks, null, true, false, false from settings
    union all
    select false, 'never_active', 0, churned_after_weeks, false, false, false from settings
    union all
    select false, 'never_active', churned_after_weeks, null, true, false, false from settings

),

banded as (

    select
        silences.source,
        silences.member_id,
        silences.is_same_in_all,
        silences.anchor_week,
        bands.status,
        bands.is_churned_stage,
        -- A null rhythm makes no difference to `least`.
        greatest(silences.from_week, {{ add_weeks(
            'silences.anchor_week',
            'case when bands.from_rhythm then least(bands.from_silence, silences.rhythm_after_weeks) else bands.from_silence end'
        ) }}) as from_week,
        least(silences.to_week, coalesce({{ add_weeks(
            'silences.anchor_week',
            'case when bands.to_rhythm then least(bands.to_silence, silences.rhythm_after_weeks) else bands.to_silence end'
        ) }}, {{ end_of_time() }})) as to_week,
        silences.next_sign_week,
        silences.rhythm_after_weeks,
        silences.member_since_week,
        silences.joined_week,
        silences.joined_at_is_inferred,
        silences.growth_from_week,
        silences.mature_from_week,
        silences.active_weeks,
        silences.first_active_week,
        silences.last_active_week,
        silences.next_active_week
    from silences
    inner join bands on silences.has_sign_of_life = bands.has_sign_of_life

),

staged as (

    select
        banded.source,
        banded.member_id,
        banded.is_same_in_all,
        banded.anchor_week,
        banded.status,
        case when banded.is_churned_stage then 'churned' else stages.stage end as stage,
        greatest(banded.from_week, case stages.stage
            when 'growth' then banded.growth_from_week
            when 'mature' then banded.mature_from_week
            else banded.from_week
        end) as from_week,
        least(banded.to_week, case stages.stage
            when 'newbie' then banded.growth_from_week
            when 'growth' then banded.mature_from_week
            else banded.to_week
        end) as to_week,
        banded.next_sign_week,
        banded.rhythm_after_weeks,
        banded.member_since_week,
        banded.joined_week,
        banded.joined_at_is_inferred,
        banded.active_weeks,
        banded.first_active_week,
        banded.last_active_week,
        banded.next_active_week
    from banded
    inner join (
        select 'newbie' as stage, false as is_churned_stage
        union all
        select 'growth', false
        union all
        select 'mature', false
        union all
        select 'churned', true
    ) as stages on banded.is_churned_stage = stages.is_churned_stage
    where banded.from_week < banded.to_week

),

present as (

    select * from staged where from_week < to_week

),

absent as (

    select
        spans.source,
        spans.member_id,
        spans.is_same_in_all,
        cast(null as date) as anchor_week,
        'left' as status,
        cast(null as varchar) as stage,
        spans.from_week,
        spans.to_week,
        cast(null as date) as next_sign_week,
        cast(null as integer) as rhythm_after_weeks,
        cast(null as date) as member_since_week,
        members.joined_week,
        members.joined_at_is_inferred,
        cast(null as bigint) as active_weeks,
        cast(null as date) as first_active_week,
        cast(null as date) as last_active_week,
        cast(null as date) as next_active_week
    from {{ ref('int_unique_membership_spans') }} as spans
    inner join {{ ref('int_community_members') }} as members
        on spans.source = members.source
        and spans.member_id = members.member_id
    where not spans.is_member
        and not members.is_excluded

)

select * from present
union all
select * from absent
