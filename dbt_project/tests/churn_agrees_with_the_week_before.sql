-- The denominator of the churn rate: members of the week before who had not churned.
select
    this_week.source,
    this_week.week_start,
    this_week.members_at_start,
    week_before.active + week_before.quiet + week_before.at_risk + week_before.never_active as members_not_churned
from {{ ref('report_churn') }} as this_week
inner join {{ ref('report_churn') }} as week_before
    on this_week.source = week_before.source
    and this_week.week_start = {{ add_weeks('week_before.week_start', 1) }}
where this_week.members_at_start
    <> week_before.active + week_before.quiet + week_before.at_risk + week_before.never_active
