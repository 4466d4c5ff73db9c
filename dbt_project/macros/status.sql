{# What a member's silence and tenure make of the member, each said once. `spans`: rows of int_unique_silence_spans, or of what keeps
   its columns is_member, has_sign_of_life, anchor_week, at_risk_week, churned_week, growth_from_week and mature_from_week; `week`: a week
   of the span. The third rule, probability, is not in here: it may change its mind from week to week. #}

{# Status at the end of a week of a span, by silence and rhythm. #}
{% macro status_at(spans, week) -%}
    case
        when not {{ spans }}.is_member then 'left'
        when not {{ spans }}.has_sign_of_life then 'never_active'
        when {{ week }} = {{ spans }}.anchor_week then 'active'
        when {{ week }} >= {{ spans }}.churned_week then 'churned'
        when {{ week }} >= {{ spans }}.at_risk_week then 'at_risk'
        else 'quiet'
    end
{%- endmacro %}

{# Stage of life at the end of a week of a span. #}
{% macro stage_at(spans, week) -%}
    case
        when not {{ spans }}.is_member then null
        when {{ week }} >= {{ spans }}.churned_week then 'churned'
        when {{ week }} >= {{ spans }}.mature_from_week then 'mature'
        when {{ week }} >= {{ spans }}.growth_from_week then 'growth'
        else 'newbie'
    end
{%- endmacro %}

{# The weeks at which either may turn within a span; null where it does not. #}
{% macro turns_of_status(spans) -%}
    {{ return([
        'case when ' ~ spans ~ '.is_member and ' ~ spans ~ '.has_sign_of_life then ' ~ add_weeks(spans ~ '.anchor_week', 1) ~ ' end',
        'case when ' ~ spans ~ '.is_member then ' ~ spans ~ '.at_risk_week end',
        'case when ' ~ spans ~ '.is_member then ' ~ spans ~ '.churned_week end',
        'case when ' ~ spans ~ '.is_member and ' ~ spans ~ '.growth_from_week < ' ~ spans ~ '.churned_week then ' ~ spans ~ '.growth_from_week end',
        'case when ' ~ spans ~ '.is_member and ' ~ spans ~ '.mature_from_week < ' ~ spans ~ '.churned_week then ' ~ spans ~ '.mature_from_week end',
    ]) }}
{%- endmacro %}
