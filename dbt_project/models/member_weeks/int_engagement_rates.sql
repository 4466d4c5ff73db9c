{# A view: it has to follow `figure_weeks` when a report is run again alone. #}
{{ config(materialized='view') }}

{%- set weeks_back = [0, 1, 2, 3, 12, 13, 14, 15] -%}
-- Each week whose figures the run needs, with the seven earlier weeks that its change is measured by. They are computed here and not read
-- from the report, so that the order in which weeks are run makes no difference.
with figure_weeks as (

    select * from {{ source('control', 'figure_weeks') }}

),

looked_at as (

    {%- for weeks in weeks_back %}
    select {{ add_weeks('week_start', -weeks) }} as week_start from figure_weeks
    {{ 'union' if not loop.last }}
    {%- endfor %}

),

-- A reply or a reaction that cannot be seen is not 0. Nothing tells whether a source shows shares: those that came count.
by_source as (

    select
        starts.source,
        looked_at.week_start,
        starts.observes_reactions or starts.observes_reaction_counts or starts.observes_threads as observes_engagement
    from looked_at
    inner join {{ ref('int_source_starts') }} as starts on starts.first_week <= looked_at.week_start

),

spine as (

    select source, week_start, observes_engagement from by_source
    union all
    select 'all' as source, week_start, bool_or(observes_engagement) as observes_engagement
    from by_source
    group by week_start

),

{{ membership_of_spine() }},

received as (

    select
        source,
        week_start,
        sum(reactions + replies + shares) as engagements
    from {{ ref('int_content_weeks') }}
    group by source, week_start

),

rates as (

    select
        spine.source,
        spine.week_start,
        coalesce(received.engagements, 0) as engagements,
        case
            when spine.observes_engagement or received.engagements > 0
                then {{ rate('coalesce(received.engagements, 0)', 'membership.members') }}
        end as engagement_rate
    from spine
    left join membership
        on spine.source = membership.source
        and spine.week_start = membership.week_start
    left join received
        on spine.source = received.source
        and spine.week_start = received.week_start

),

-- Written out rate by rate: a mean over rows would depend on their order in its last digits.
compared as (

    select
        rates.source,
        figure_weeks.week_start,
        {%- for weeks in weeks_back %}
        max(case when rates.week_start = {{ add_weeks('figure_weeks.week_start', -weeks) }} then rates.engagement_rate end) as rate_{{ weeks }}{{ ',' if not loop.last }}
        {%- endfor %}
    from figure_weeks
    inner join rates
        on rates.week_start <= figure_weeks.week_start
        and rates.week_start >= {{ add_weeks('figure_weeks.week_start', -15) }}
    group by rates.source, figure_weeks.week_start

)

select
    rates.source,
    rates.week_start,
    rates.engagements,
    rates.engagement_rate,
    (compared.rate_0 + compared.rate_1 + compared.rate_2 + compared.rate_3)
    / nullif(compared.rate_12 + compared.rate_13 + compared.rate_14 + compared.rate_15, 0)
    - 1 as engagement_rate_change_12w
from rates
inner join compared
    on rates.source = compared.source
    and rates.week_start = compared.week_start
