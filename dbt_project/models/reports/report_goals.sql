-- The week that a goal begins in is computed along with the run's weeks (see figure_weeks), whenever it was.
with goals as (

    select * from {{ source('control', 'goals') }}

),

figures as (

    {{ weekly_figures() }}

),

-- The value in the week that holds the goal's first day, or in the last week before it that has one.
starts as (

    select
        goals.goal,
        figures.value as start_value
    from goals
    inner join figures
        on goals.source = figures.source
        and goals.metric = figures.metric
        and figures.week_start <= goals.from_week
        and figures.week_start >= {{ add_weeks('goals.from_week', -52) }}
    where figures.value is not null
    qualify row_number() over (partition by goals.goal order by figures.week_start desc) = 1

),

goal_weeks as (

    select
        goals.*,
        run_weeks.week_start,
        starts.start_value,
        coalesce(goals.target_value, starts.start_value * (100 + goals.target_change_percent) / 100) as target,
        -- A goal that begins and ends in one week is due in it.
        case
            when goals.from_week = goals.to_week then 1
            else {{ weeks_between('goals.from_week', 'run_weeks.week_start') }}
        end as weeks_gone,
        greatest({{ weeks_between('goals.from_week', 'goals.to_week') }}, 1) as weeks_in_all
    from goals
    inner join {{ source('control', 'run_weeks') }} as run_weeks
        on run_weeks.week_start >= goals.from_week
        and run_weeks.week_start <= goals.to_week
    left join starts on goals.goal = starts.goal

),

-- Times weeks_in_all: whole numbers stay whole, so that a value right on the line is on track.
lines as (

    select
        goal_weeks.*,
        figures.value,
        start_value * (weeks_in_all - weeks_gone) + target * weeks_gone as expected_times_weeks
    from goal_weeks
    left join figures
        on goal_weeks.source = figures.source
        and goal_weeks.metric = figures.metric
        and goal_weeks.week_start = figures.week_start

)

select
    goal,
    week_start,
    value,
    start_value,
    target,
    expected_times_weeks / weeks_in_all as expected_by_now,
    case
        when target >= start_value then value * weeks_in_all >= expected_times_weeks
        else value * weeks_in_all <= expected_times_weeks
    end as on_track,
    metric,
    source,
    from_date,
    to_date
from lines
