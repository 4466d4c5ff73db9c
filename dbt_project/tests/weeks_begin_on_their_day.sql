-- Every week of the reports is named by its first day.
with weeks as (

    {%- for report in ['report_activity', 'report_churn', 'report_lifecycle', 'report_lifecycle_moves', 'report_retention', 'member_week_status', 'report_pyramid', 'report_interaction_mix', 'report_heatmap', 'report_conversation', 'report_content', 'report_segments', 'report_onboarding_as_of', 'report_safety', 'report_goals', 'report_headlines', 'report_audience', 'report_purchases', 'report_surveys', 'report_churn_features', 'report_churn_choice'] %}
    select '{{ report }}' as report, week_start from {{ ref(report) }}
    union
    {%- endfor %}
    select 'report_onboarding_as_of joining weeks' as report, joined_week as week_start from {{ ref('report_onboarding_as_of') }}
    union
    select 'report_retention cohorts' as report, cohort_week as week_start from {{ ref('report_retention') }}

)

select weeks.*
from weeks
cross join {{ source('control', 'settings') }} as settings
where mod({{ days_between('settings.week_anchor', 'weeks.week_start') }}, 7) <> 0
