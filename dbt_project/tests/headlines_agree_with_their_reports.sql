-- A headline's figures are those of the report it names, in its own week and in those it looks back on.
with figures as (

    {{ weekly_figures() }}

)

select
    headlines.source,
    headlines.week_start,
    headlines.metric
from {{ ref('report_headlines') }} as headlines
left join figures as own
    on headlines.source = own.source
    and headlines.metric = own.metric
    and headlines.week_start = own.week_start
left join figures as before
    on headlines.source = before.source
    and headlines.metric = before.metric
    and headlines.week_start = {{ add_weeks('before.week_start', 1) }}
where headlines.value is distinct from own.value
    or headlines.previous is distinct from before.value
