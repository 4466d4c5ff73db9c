-- Rows into a stage less rows out of it are the change of the stage's members since the week before.
with moves as (

    select source, week_start, to_stage as stage, members
    from {{ ref('report_lifecycle_moves') }}
    union all
    select source, week_start, from_stage as stage, -members
    from {{ ref('report_lifecycle_moves') }}

),

changes as (

    select
        source,
        week_start,
        stage,
        sum(members) as change
    from moves
    group by source, week_start, stage

)

select
    this_week.source,
    this_week.week_start,
    this_week.stage,
    this_week.members,
    week_before.members as members_week_before,
    changes.change
from {{ ref('report_lifecycle') }} as this_week
inner join {{ ref('report_lifecycle') }} as week_before
    on this_week.source = week_before.source
    and this_week.stage = week_before.stage
    and this_week.week_start = {{ add_weeks('week_before.week_start', 1) }}
left join changes
    on this_week.source = changes.source
    and this_week.stage = changes.stage
    and this_week.week_start = changes.week_start
where this_week.members - week_before.members <> coalesce(changes.change, 0)
