-- Each silence is cut by the thresholds it passes, by the stages of tenure, and by leaving and coming back.
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

-- Silence bands: the status that holds from `from_silence` weeks of silence to before `to_silence`.
bands as (

    select true as has_sign_of_life, 'active' as status, 0 as from_silence, 1 as to_silence, false as is_churned_stage
    union all
    select true, 'quiet', 1, at_risk_after_weeks, false from settings
    union all
    select true, 'at_risk', at_risk_after_weeks, churned_after_weeks, false from settings
    union all
    select true, 'churned', churned_after_weeks, null, true from settings
    union all
    select false, 'never_active', 0, churned_after_weeks, false from settings
    union all
    select false, 'never_active', churned_after_weeks, null, true from settings

),

banded as (

    select
        silences.source,
        silences.member_id,
        silences.anchor_week,
        bands.status,
        bands.is_churned_stage,
        {{ add_weeks('silences.anchor_week', 'bands.from_silence') }} as from_week,
        least(
            silences.to_week,
            coalesce({{ add_weeks('silences.anchor_week', 'bands.to_silence') }}, {{ end_of_time() }})
        ) as to_week
    from {{ ref('int_silences') }} as silences
    inner join bands on silences.has_sign_of_life = bands.has_sign_of_life

),

staged as (

    select
        banded.source,
        banded.member_id,
        banded.anchor_week,
        banded.status,
        case when banded.is_churned_stage then 'churned' else stages.stage end as stage,
        greatest(banded.from_week, case stages.stage
            when 'growth' then members.growth_from_week
            when 'mature' then members.mature_from_week
            else banded.from_week
        end) as from_week,
        least(banded.to_week, case stages.stage
            when 'newbie' then members.growth_from_week
            when 'growth' then members.mature_from_week
            else banded.to_week
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
    where banded.from_week < banded.to_week

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
        spans.from_week as member_since_week
    from staged
    inner join {{ ref('int_membership_spans') }} as spans
        on staged.source = spans.source
        and staged.member_id = spans.member_id
    where spans.is_member
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
        cast(null as date) as member_since_week
    from {{ ref('int_membership_spans') }} as spans
    inner join members
        on spans.source = members.source
        and spans.member_id = members.member_id
    where not spans.is_member

)

select * from present
union all
select * from absent
