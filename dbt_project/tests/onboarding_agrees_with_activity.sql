-- Whoever is new at the week's end joined in it; some of those who joined may have left again. And a joining week says
-- the same of its first days in every reporting week that has them.
select
    'new members' as what,
    onboarding.source,
    onboarding.week_start,
    onboarding.joined_week
from {{ ref('report_onboarding_as_of') }} as onboarding
inner join {{ ref('report_activity') }} as activity
    on onboarding.source = activity.source
    and onboarding.week_start = activity.week_start
where onboarding.joined_week = onboarding.week_start
    and onboarding.joined + onboarding.joined_inferred < activity.new_members

union all

select
    'first days' as what,
    later.source,
    later.week_start,
    later.joined_week
from {{ ref('report_onboarding_as_of') }} as later
inner join {{ ref('report_onboarding_as_of') }} as earlier
    on later.source = earlier.source
    and later.joined_week = earlier.joined_week
    and later.week_start > earlier.week_start
where later.joined <> earlier.joined
    or later.active_7d < earlier.active_7d
    or later.reply_received_7d < earlier.reply_received_7d
