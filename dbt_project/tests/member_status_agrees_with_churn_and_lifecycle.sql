-- What is counted by member and what is summed up from moves is the same, in each week that keeps rows by member.
with counted as (

    select
        source,
        week_start,
        count(*) filter (where status = 'active') as active,
        count(*) filter (where status = 'quiet') as quiet,
        count(*) filter (where status = 'at_risk') as at_risk,
        count(*) filter (where status = 'churned') as churned,
        count(*) filter (where status = 'never_active') as never_active,
        count(*) filter (where status = 'left') as left_members,
        count(*) filter (where lifecycle_stage = 'newbie') as newbie,
        count(*) filter (where lifecycle_stage = 'growth') as growth,
        count(*) filter (where lifecycle_stage = 'mature') as mature,
        count(*) filter (where lifecycle_stage = 'churned') as churned_stage
    from {{ ref('member_week_status') }}
    group by source, week_start

),

stages as (

    select
        source,
        week_start,
        sum(case when stage = 'newbie' then members end) as newbie,
        sum(case when stage = 'growth' then members end) as growth,
        sum(case when stage = 'mature' then members end) as mature,
        sum(case when stage = 'churned' then members end) as churned_stage
    from {{ ref('report_lifecycle') }}
    group by source, week_start

)

select counted.*
from counted
left join {{ ref('report_churn') }} as churn
    on counted.source = churn.source
    and counted.week_start = churn.week_start
left join stages
    on counted.source = stages.source
    and counted.week_start = stages.week_start
where (counted.active, counted.quiet, counted.at_risk, counted.churned, counted.never_active, counted.left_members)
    is distinct from (churn.active, churn.quiet, churn.at_risk, churn.churned, churn.never_active, churn."left")
    or (counted.newbie, counted.growth, counted.mature, counted.churned_stage)
    is distinct from (stages.newbie, stages.growth, stages.mature, stages.churned_stage)
