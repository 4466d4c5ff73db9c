-- When somebody comes onto the win-back list, and with which play: the effect of a list is told from those whom it adds.
-- Whoever has stood on it for weeks has been turned to before, or was held out before: groups of such members are not alike.
--
-- A place for other rules: whichever flags a member, the weeks from which it does stand in `flagged`, and all else follows.
with settings as (

    select * from {{ source('control', 'settings') }}

),

flagged as (

    select
        source,
        member_id,
        is_same_in_all,
        anchor_week,
        status,
        from_week as week_start
    from {{ ref('int_unique_status_spans') }}
    where status in ('at_risk', 'churned', 'never_active')

),

-- Within one silence a member comes onto the list where a status or a stage begins, or where a lurker is first seen.
candidates as (

    select * from flagged

    union all

    select
        spans.source,
        spans.member_id,
        spans.is_same_in_all,
        spans.anchor_week,
        'never_active' as status,
        histories.from_week as week_start
    from {{ ref('int_unique_silence_spans') }} as spans
    inner join {{ ref('int_unique_member_histories') }} as histories
        on spans.source = histories.source
        and spans.member_id = histories.member_id
        and spans.from_week < histories.from_week
        and histories.from_week < spans.to_week
    where spans.is_member
        and not spans.has_sign_of_life

),

facts as (

    select
        candidates.source,
        candidates.member_id,
        candidates.is_same_in_all,
        candidates.anchor_week,
        candidates.week_start,
        candidates.status,
        {{ weeks_between('candidates.anchor_week', 'candidates.week_start') }} as silence_weeks,
        {{ days_between('members.joined_date', add_weeks('candidates.week_start', 1)) }} as tenure_days,
        coalesce(histories.active_weeks, 0) as active_weeks,
        coalesce(histories.orders_total, 0) as orders_total,
        histories.last_seen_at,
        {{ weeks_since_if_few('histories.last_seen_at', 'candidates.week_start') }} as weeks_since_seen
    from candidates
    cross join settings
    inner join {{ ref('int_community_members') }} as members
        on candidates.source = members.source
        and candidates.member_id = members.member_id
    left join {{ ref('int_unique_member_histories') }} as histories
        on candidates.source = histories.source
        and candidates.member_id = histories.member_id
        and histories.from_week <= candidates.week_start
        and candidates.week_start < histories.to_week

),

{{ ctes_of_plays() }},

entries as (

    select
        source,
        member_id,
        is_same_in_all,
        anchor_week,
        play,
        min(week_start) as week_start
    from played
    group by source, member_id, is_same_in_all, anchor_week, play

)

select
    entries.source,
    entries.member_id,
    entries.is_same_in_all,
    entries.week_start,
    entries.play,
    {{ is_held_out(
        'coalesce(persons.person_id, entries.member_id)', 'coalesce(draws.draw_week, entries.anchor_week)'
    ) }} as is_holdout,
    asked.member_id is not null as is_do_not_contact,
    -- The next sign of life ends the silence.
    silences.to_week as next_sign_week
from entries
cross join settings
inner join {{ ref('int_unique_silences') }} as silences
    on entries.source = silences.source
    and entries.member_id = silences.member_id
    and entries.anchor_week = silences.anchor_week
left join {{ ref('int_unique_holdout_draws') }} as draws
    on entries.source = draws.source
    and entries.member_id = draws.member_id
    and entries.anchor_week = draws.anchor_week
left join {{ ref('int_accounts') }} as persons
    on entries.source = persons.source
    and entries.member_id = persons.account_id
left join {{ ref('int_do_not_contact') }} as asked
    on entries.source = asked.source
    and entries.member_id = asked.member_id
