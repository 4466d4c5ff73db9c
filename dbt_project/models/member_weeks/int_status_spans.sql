-- Each silence is cut by the thresholds it passes, the member's own rhythm among them, by the stages of tenure, and by
-- leaving and coming back. The third rule, probability, is not in here: it may change its mind from week to week.
with settings as (

    select * from {{ source('control', 'settings') }}

),

members as (

    select
        members.*,
        -- The first week at whose end the member is no newbie any more; and the first at whose end growth is over.
        {{ week_of(add_days('members.joined_date', 'settings.newbie_days - 1'), 'settings.week_anchor') }} as growth_from_week,
        {{ week_of(add_days('members.joined_date', 'settings.growth_days - 1'), 'settings.week_anchor') }} as mature_from_week
    from {{ ref('int_community_members') }} as members
    cross join settings
    where not members.is_excluded

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

silences as (

    select
        rhythms.source,
        rhythms.member_id,
        rhythms.anchor_week,
        rhythms.to_week,
        rhythms.active_weeks,
        rhythms.first_active_week,
        rhythms.last_active_week,
        bands.status,
        bands.is_churned_stage,
        case when bands.from_rhythm then least(bands.from_silence, rhythms.rhythm_after_weeks) else bands.from_silence end as from_silence,
        case when bands.to_rhythm then least(bands.to_silence, rhythms.rhythm_after_weeks) else bands.to_silence end as to_silence
    from {{ ref('int_member_rhythms') }} as rhythms
    inner join bands on rhythms.has_sign_of_life = bands.has_sign_of_life

),

banded as (

    select
        *,
        {{ add_weeks('anchor_week', 'from_silence') }} as banded_from_week,
        least(to_week, coalesce({{ add_weeks('anchor_week', 'to_silence') }}, {{ end_of_time() }})) as banded_to_week
    from silences

),

staged as (

    select
        banded.source,
        banded.member_id,
        banded.anchor_week,
        banded.active_weeks,
        banded.first_active_week,
        banded.last_active_week,
        banded.status,
        case when banded.is_churned_stage then 'churned' else stages.stage end as stage,
        greatest(banded.banded_from_week, case stages.stage
            when 'growth' then members.growth_from_week
            when 'mature' then members.mature_from_week
            else banded.banded_from_week
        end) as from_week,
        least(banded.banded_to_week, case stages.stage
            when 'newbie' then members.growth_from_week
            when 'growth' then members.mature_from_week
            else banded.banded_to_week
        end) as to_week
    from banded
    inner join members
        on banded.source = members.source
        and banded.member_id = members.member_id
    inner join (
        select 'newbie' as stage, false as is_churned_stage
        union all
        select 'growth', false
        union all
        select 'mature', false
        union all
        select 'churned', true
    ) as stages on banded.is_churned_stage = stages.is_churned_stage
    where banded.banded_from_week < banded.banded_to_week

),

present as (

    select
        staged.source,
        staged.member_id,
        staged.anchor_week,
        staged.status,
        staged.stage,
        greatest(staged.from_week, spans.from_week) as from_week,
        least(staged.to_week, spans.to_week) as to_week,
        spans.from_week as member_since_week,
        staged.active_weeks,
        staged.first_active_week,
        staged.last_active_week
    from staged
    inner join {{ ref('int_membership_spans') }} as spans
        on staged.source = spans.source
        and staged.member_id = spans.member_id
    where spans.is_member
        and staged.from_week < staged.to_week
        and greatest(staged.from_week, spans.from_week) < least(staged.to_week, spans.to_week)

),

absent as (

    select
        spans.source,
        spans.member_id,
        cast(null as date) as anchor_week,
        'left' as status,
        cast(null as varchar) as stage,
        spans.from_week,
        spans.to_week,
        cast(null as date) as member_since_week,
        cast(null as bigint) as active_weeks,
        cast(null as date) as first_active_week,
        cast(null as date) as last_active_week
    from {{ ref('int_membership_spans') }} as spans
    inner join members
        on spans.source = members.source
        and spans.member_id = members.member_id
    where not spans.is_member

)

select * from present
union all
select * from absent
