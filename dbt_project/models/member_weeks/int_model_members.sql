{{ config(tags=['run_weeks']) }}

{%- set members_learned_from = 300 -%}
{%- set members_judged = 1000 -%}
-- Whom the model learns from and is judged by in each week: members with a sign of life in the last twelve weeks, and of very
-- many a part, picked by their ids. Whoever is picked out of more is picked out of fewer too. Besides, in weeks that keep a row
-- per member, everybody who is at risk: of them the win-back list says what the model thinks.
with weeks as (

    select * from {{ ref('int_model_weeks') }}

),

bounds as (

    select
        source,
        min(week_start) as first_week,
        {{ add_weeks('max(week_start)', 1) }} as end_week,
        {{ add_weeks('max(case when is_listed then week_start end)', 1) }} as listed_end_week,
        min(case when is_listed then week_start end) as listed_week
    from weeks
    group by source

),

recent as (

    select
        spans.source,
        spans.member_id,
        spans.anchor_week,
        spans.next_sign_week,
        spans.at_risk_week,
        spans.churned_week,
        greatest(spans.from_week, bounds.first_week) as from_week,
        least(spans.to_week, {{ add_weeks('spans.anchor_week', 12) }}, bounds.end_week) as to_week,
        bounds.listed_week,
        bounds.listed_end_week
    from {{ ref('int_silence_spans') }} as spans
    inner join bounds
        on spans.source = bounds.source
        and spans.from_week < bounds.end_week
        and bounds.first_week < spans.to_week
        and spans.anchor_week > {{ add_weeks('bounds.first_week', -12) }}
    where spans.is_member
        and spans.has_sign_of_life

),

moves as (

    select source, from_week as week_start, 1 as change from recent where from_week < to_week
    union all
    select source, to_week as week_start, -1 as change from recent where from_week < to_week

),

changes as (

    select source, week_start, sum(change) as change
    from moves
    group by source, week_start

),

sizes as (

    select
        weeks.source,
        weeks.week_start,
        weeks.is_scored,
        weeks.is_listed,
        sum(changes.change) as members
    from weeks
    inner join changes
        on weeks.source = changes.source
        and changes.week_start <= weeks.week_start
    group by weeks.source, weeks.week_start, weeks.is_scored, weeks.is_listed

),

shares as (

    select
        source,
        week_start,
        {{ rate(members_learned_from, 'members') }} as learned_share,
        case when is_scored then {{ rate(members_judged, 'members') }} else {{ rate(members_learned_from, 'members') }} end as judged_share,
        is_listed
    from sizes
    where members > 0

),

most as (

    select source, max(judged_share) as share
    from shares
    group by source

),

members as (

    select
        members.source,
        members.member_id,
        members.joined_date,
        members.joined_at_is_inferred,
        {{ share_of_text('members.member_id') }} as place
    from {{ ref('int_community_members') }} as members

),

flags as (

    select source, member_id, week_start from {{ ref('int_probability_flags') }}

),

flagged as (

    select distinct source, member_id from flags

),

-- The silences of who may be picked in some week, and of the others those in which they are at risk in a listed one.
picked as (

    select
        recent.source,
        recent.member_id,
        recent.anchor_week,
        recent.next_sign_week,
        recent.at_risk_week,
        recent.churned_week,
        case when members.place < most.share then recent.from_week else greatest(recent.from_week, recent.listed_week) end as from_week,
        case when members.place < most.share then recent.to_week else least(recent.to_week, recent.listed_end_week) end as to_week,
        members.joined_date,
        members.joined_at_is_inferred,
        members.place
    from recent
    inner join members
        on recent.source = members.source
        and recent.member_id = members.member_id
    inner join most on recent.source = most.source
    left join flagged
        on recent.source = flagged.source
        and recent.member_id = flagged.member_id
    where members.place < most.share
        or recent.from_week < recent.listed_end_week
        and recent.listed_week < recent.to_week
        and (
            flagged.member_id is not null
            or recent.at_risk_week < least(recent.to_week, recent.listed_end_week)
            and recent.listed_week < recent.churned_week
        )

),

silent_weeks as (

    select
        source,
        member_id,
        anchor_week,
        next_sign_week,
        at_risk_week,
        churned_week,
        joined_date,
        joined_at_is_inferred,
        place,
        {{ each_week('from_week', 'to_week') }} as week_start
    from picked

)

select
    silent_weeks.source,
    silent_weeks.member_id,
    silent_weeks.week_start,
    {{ weeks_between('silent_weeks.anchor_week', 'silent_weeks.week_start') }} as silence_weeks,
    {{ days_between('silent_weeks.joined_date', add_weeks('silent_weeks.week_start', 1)) }} as tenure_days,
    silent_weeks.joined_at_is_inferred,
    silent_weeks.place < shares.learned_share as is_learned_from,
    silent_weeks.place < shares.judged_share as is_judged,
    -- What a week is learned from by, once its next four weeks have passed; what it is judged by, too.
    silent_weeks.next_sign_week > {{ add_weeks('silent_weeks.week_start', 4) }} as is_silent_4w
from silent_weeks
inner join shares
    on silent_weeks.source = shares.source
    and silent_weeks.week_start = shares.week_start
left join flags
    on silent_weeks.source = flags.source
    and silent_weeks.member_id = flags.member_id
    and silent_weeks.week_start = flags.week_start
where silent_weeks.place < shares.judged_share
    or shares.is_listed and (
        flags.member_id is not null
        or silent_weeks.at_risk_week <= silent_weeks.week_start and silent_weeks.week_start < silent_weeks.churned_week
    )
