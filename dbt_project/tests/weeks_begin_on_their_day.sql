-- Every week of the reports is named by its first day.
with weeks as (

    {%- for report in ['report_activity', 'report_churn', 'report_lifecycle', 'report_lifecycle_moves', 'report_retention', 'report_purchases', 'report_surveys', 'member_week_status'] %}
    select '{{ report }}' as report, week_start from {{ ref(report) }}
    union
    {%- endfor %}
    select 'report_retention cohorts' as report, cohort_week as week_start from {{ ref('report_retention') }}

)

select weeks.*
from weeks
cross join {{ source('control', 'settings') }} as settings
where mod({{ days_between('settings.week_anchor', 'weeks.week_start') }}, 7) <> 0
