-- Weeks in which a community member was active, with the member's active week before and after.
select
    weeks.source,
    weeks.member_id,
    weeks.is_same_in_all,
    weeks.week_start,
    {{ stage_at('spans', 'weeks.week_start') }} as stage,
    spans.first_active_week,
    -- Some were active before they joined, or in a week in which they left.
    min(weeks.week_start) over (partition by weeks.source, weeks.member_id) = spans.first_active_week as is_of_cohort,
    lag(weeks.week_start) over (partition by weeks.source, weeks.member_id order by weeks.week_start) as previous_active_week,
    lead(weeks.week_start) over (partition by weeks.source, weeks.member_id order by weeks.week_start) as next_active_week,
    weeks.active_interactions
from {{ ref('int_unique_member_weeks') }} as weeks
-- A sign of life opens a span of its own, unless its member has left by the week's end.
inner join {{ ref('int_unique_silence_spans') }} as spans
    on weeks.source = spans.source
    and weeks.member_id = spans.member_id
    and weeks.week_start = spans.from_week
where weeks.active_interactions > 0
    and spans.is_member
    and spans.has_sign_of_life
    and spans.from_week = spans.anchor_week
