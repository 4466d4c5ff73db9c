{# A view: most weeks' histories are never looked at, since their fit is known. #}
{{ config(materialized='view') }}

-- Spans become weeks one by one: each week against all of them would take much longer.
with spans as (

    select
        source,
        active_weeks,
        first_active_week,
        last_active_week,
        is_quiet,
        members,
        {{ each_week('from_week', 'to_week') }} as week_start
    from {{ ref('int_history_spans') }}

)

select
    weeks.source,
    weeks.week_start,
    spans.active_weeks - 1 as x,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }} as t_x,
    {{ weeks_between('spans.first_active_week', 'weeks.week_start') }} as n,
    sum(spans.members) as members,
    sum(case when spans.is_quiet then spans.members else 0 end) as quiet_members
from {{ ref('int_score_weeks') }} as weeks
inner join spans
    on weeks.source = spans.source
    and weeks.week_start = spans.week_start
group by
    weeks.source,
    weeks.week_start,
    spans.active_weeks - 1,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }},
    {{ weeks_between('spans.first_active_week', 'weeks.week_start') }}
