{{ config(tags=['run_weeks']) }}

{%- set members_learned_from = 500 -%}
{%- set members_judged = 2000 -%}
-- Whom the model learns from and is judged by in each week: members with a sign of life in the last twelve weeks, and of very
-- many a part, picked by their ids. Whoever is picked out of more is picked out of fewer too.
with weeks as (

    select * from {{ ref('int_model_weeks') }}

),

bounds as (

    select
        source,
        min(week_start) as first_week,
        max(week_start) as last_week
    from weeks
    group by source

),

recent as (

    select
        silences.source,
        silences.member_id,
        silences.anchor_week,
        silences.to_week as next_sign_week,
        least(silences.to_week, {{ add_weeks('silences.anchor_week', 12) }}) as to_week
    from {{ ref('int_silences') }} as silences
    inner join bounds
        on silences.source = bounds.source
        and silences.anchor_week <= bounds.last_week
        and silences.anchor_week > {{ add_weeks('bounds.first_week', -12) }}
    where silences.has_sign_of_life

),

moves as (

    select source, anchor_week as week_start, 1 as change from recent
    union all
    select source, to_week as week_start, -1 as change from recent

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
        -- Among them bots and whoever has left; of a number that only bounds the work that does not matter.
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

    select
        source,
        max(case when is_listed then 1 else judged_share end) as share
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
    where not members.is_excluded

),

offsets as (

    {{ number_rows(range(12), 'weeks') }}

),

silent_weeks as (

    select
        recent.source,
        recent.member_id,
        recent.next_sign_week,
        {{ add_weeks('recent.anchor_week', 'offsets.weeks') }} as week_start,
        offsets.weeks as silence_weeks,
        members.joined_date,
        members.joined_at_is_inferred,
        members.place
    from recent
    inner join members
        on recent.source = members.source
        and recent.member_id = members.member_id
    inner join most
        on recent.source = most.source
        and members.place < most.share
    inner join offsets on {{ add_weeks('recent.anchor_week', 'offsets.weeks') }} < recent.to_week

)

select
    silent_weeks.source,
    silent_weeks.member_id,
    silent_weeks.week_start,
    silent_weeks.silence_weeks,
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
    and (silent_weeks.place < shares.judged_share or shares.is_listed)
inner join {{ ref('int_membership_spans') }} as spans
    on silent_weeks.source = spans.source
    and silent_weeks.member_id = spans.member_id
    and spans.from_week <= silent_weeks.week_start
    and silent_weeks.week_start < spans.to_week
where spans.is_member
