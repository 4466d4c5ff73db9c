-- Every member has exactly one status; those who left are no members.
select
    activity.source,
    activity.week_start,
    activity.members,
    churn.active + churn.quiet + churn.at_risk + churn.churned + churn.never_active as members_with_a_status
from {{ ref('report_activity') }} as activity
full outer join {{ ref('report_churn') }} as churn
    on activity.source = churn.source
    and activity.week_start = churn.week_start
where activity.members is distinct from churn.active + churn.quiet + churn.at_risk + churn.churned + churn.never_active
    -- A buyer has a sign of life without an active interaction.
    or activity.active_members > churn.active
