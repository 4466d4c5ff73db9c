-- Each figure against its own past. The past is computed along with the run's weeks (see figure_weeks), so that a week's
-- headlines do not depend on which weeks were run before it.
with settings as (

    select * from {{ source('control', 'settings') }}

),

figures as (

    {{ weekly_figures() }}

),

headlines as (

    select
        spine.source,
        spine.week_start,
        metrics.metric,
        metrics.place,
        metrics.sentence,
        metrics.good_direction,
        figures.value
    from {{ ref('int_source_run_weeks') }} as spine
    cross join {{ ref('headline_metrics') }} as metrics
    inner join figures
        on spine.source = figures.source
        and spine.week_start = figures.week_start
        and metrics.metric = figures.metric
    -- What cannot be seen makes no headline.
    where figures.value is not null

),

past as (

    select
        headlines.source,
        headlines.week_start,
        headlines.metric,
        headlines.value,
        figures.value as past_value,
        {{ weeks_between('figures.week_start', 'headlines.week_start') }} as weeks_ago
    from headlines
    inner join figures
        on headlines.source = figures.source
        and headlines.metric = figures.metric
        and figures.week_start >= {{ add_weeks('headlines.week_start', -52) }}
        and figures.week_start < headlines.week_start
    where figures.value is not null

),

compared as (

    select
        source,
        week_start,
        metric,
        max(case when weeks_ago = 1 then past_value end) as previous,
        -- Written out week by week, null unless all four are there: a sum over rows would depend on their order in its last
        -- digits, and with it the direction.
        {% for weeks in range(1, 5) %}max(case when weeks_ago = {{ weeks }} then past_value end){{ ' + ' if not loop.last }}{% endfor %} as sum_4w,
        max(case when weeks_ago = 52 then past_value end) as same_week_last_year,
        count(*) as weeks_compared,
        median(past_value) as usual_value
    from past
    group by source, week_start, metric

),

deviations as (

    select
        past.source,
        past.week_start,
        past.metric,
        median(abs(past.past_value - compared.usual_value)) as usual_deviation
    from past
    inner join compared
        on past.source = compared.source
        and past.week_start = compared.week_start
        and past.metric = compared.metric
    group by past.source, past.week_start, past.metric

),

gathered as (

    select
        headlines.*,
        compared.previous,
        compared.sum_4w,
        compared.same_week_last_year,
        coalesce(compared.weeks_compared, 0) as weeks_compared,
        case
            when compared.weeks_compared >= settings.headline_min_weeks
                then (headlines.value - compared.usual_value) / nullif(1.4826 * deviations.usual_deviation, 0)
        end as robust_z
    from headlines
    cross join settings
    left join compared
        on headlines.source = compared.source
        and headlines.week_start = compared.week_start
        and headlines.metric = compared.metric
    left join deviations
        on headlines.source = deviations.source
        and headlines.week_start = deviations.week_start
        and headlines.metric = deviations.metric

),

directed as (

    select
        gathered.*,
        case
            when sum_4w is null then null
            -- Sums, not means: a change of exactly the percentage is one, whatever the rounding.
            when 4 * value = sum_4w or 100 * abs(4 * value - sum_4w) < settings.headline_change_percent * abs(sum_4w)
                then 'steady'
            when 4 * value > sum_4w then 'up'
            else 'down'
        end as direction
    from gathered
    cross join settings

)

select
    source,
    week_start,
    metric,
    value,
    previous,
    sum_4w / 4 as mean_4w,
    same_week_last_year,
    direction,
    robust_z,
    sentence || '_' || coalesce(direction, 'first') as sentence_key,
    value - previous as change_previous,
    {{ rate('4 * value - sum_4w', 'abs(sum_4w)') }} as change_4w,
    case when direction <> 'steady' then direction = good_direction end as is_good_news,
    cast(weeks_compared as bigint) as weeks_compared,
    cast(place as bigint) as place
from directed
