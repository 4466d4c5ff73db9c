{# How far the learned flag looks: all of it in weeks before the week whose members are scored. #}

{# Weeks to be scored for a week's report: itself, those that it is judged by and those that set their cuts. #}
{% macro weeks_scored() -%}
    {{ return(range(0, 4 * (weeks_judged() + weeks_of_a_cut()) + 1, 4)) }}
{%- endmacro %}

{# Every fourth of the last 52 weeks: four weeks apart, so that no week counts as future twice. #}
{% macro weeks_judged() -%}
    {{ return(13) }}
{%- endmacro %}

{# A cut is set on so many judged weeks before. #}
{% macro weeks_of_a_cut() -%}
    {{ return(6) }}
{%- endmacro %}

{# Weeks to be learned from for a week's scores: every other one of two years, whose next four weeks have passed. #}
{% macro weeks_learned_from() -%}
    {{ return(range(4, 4 + 104, 2)) }}
{%- endmacro %}

{# The greatest value but one of those that fit a condition; null where there is none. #}
{% macro second_greatest(value, condition) -%}
    {{ return(adapter.dispatch('second_greatest', 'stillhere')(value, condition)) }}
{%- endmacro %}

{% macro default__second_greatest(value, condition) -%}
    (max({{ value }}, 2) filter (where {{ condition }}))[2]
{%- endmacro %}

{# The greatest value that at least so large a share of the values reach. #}
{% macro reached_by(value, share, condition) -%}
    {{ return(adapter.dispatch('reached_by', 'stillhere')(value, share, condition)) }}
{%- endmacro %}

{% macro default__reached_by(value, share, condition) -%}
    -quantile_disc(-{{ value }}, {{ share }}) filter (where {{ condition }})
{%- endmacro %}
