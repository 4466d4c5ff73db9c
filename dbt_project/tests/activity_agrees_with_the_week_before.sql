-- active(W) = active(W-1) + new_active + resurrected - dormant, over the rows of two weeks.
select
    this_week.source,
    this_week.week_start,
    this_week.active_members_previous,
    week_before.active_members
from {{ ref('report_activity') }} as this_week
inner join {{ ref('report_activity') }} as week_before
    on this_week.source = week_before.source
    and this_week.week_start = {{ add_weeks('week_before.week_start', 1) }}
where this_week.active_members_previous <> week_before.active_members
