{# A view: most weeks' histories are never looked at, since their fit is known. #}
{{ config(materialized='view') }}

select
    weeks.source,
    weeks.week_start,
    spans.active_weeks - 1 as x,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }} as t_x,
    {{ weeks_between('spans.first_active_week', 'weeks.week_start') }} as n,
    sum(spans.members) as members,
    sum(case when spans.is_quiet then spans.members else 0 end) as quiet_members
from {{ ref('int_score_weeks') }} as weeks
inner join {{ ref('int_history_spans') }} as spans
    on weeks.source = spans.source
    and spans.from_week <= weeks.week_start
    and weeks.week_start < spans.to_week
group by
    weeks.source,
    weeks.week_start,
    spans.active_weeks - 1,
    {{ weeks_between('spans.first_active_week', 'spans.last_active_week') }},
    {{ weeks_between('spans.first_active_week', 'weeks.week_start') }}
