{# Everything SQL knows about local time and weeks. Instants are TIMESTAMPs in UTC. #}

{# The community's local time at an instant. Portable by dispatch: engines name the function differently. #}
{% macro local_time(instant, timezone) -%}
    {{ return(adapter.dispatch('local_time', 'stillhere')(instant, timezone)) }}
{%- endmacro %}

{% macro default__local_time(instant, timezone) -%}
    timezone({{ timezone }}, timezone('UTC', {{ instant }}))
{%- endmacro %}

{# The first day of the week that holds a local date; `week_anchor` is the first day of some week long ago. #}
{% macro week_of(local_date, week_anchor) -%}
    {{ add_days(local_date, '-mod(' ~ days_between(week_anchor, local_date) ~ ', 7)') }}
{%- endmacro %}

{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'stillhere')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    cast({{ dbt.dateadd('day', days, day) }} as date)
{%- endmacro %}

{# Millions of rows have their week computed: whole days are added as numbers, not by way of intervals and instants. #}
{% macro duckdb__add_days(day, days) -%}
    (cast({{ day }} as date) + cast({{ days }} as integer))
{%- endmacro %}

{% macro add_weeks(day, weeks) -%}
    {{ add_days(day, '7 * (' ~ weeks ~ ')') }}
{%- endmacro %}

{% macro days_between(first, second) -%}
    {{ return(adapter.dispatch('days_between', 'stillhere')(first, second)) }}
{%- endmacro %}

{% macro default__days_between(first, second) -%}
    {{ dbt.datediff(first, second, 'day') }}
{%- endmacro %}

{% macro duckdb__days_between(first, second) -%}
    (cast({{ second }} as date) - cast({{ first }} as date))
{%- endmacro %}

{# Whole weeks from one week to another (both first days of a week). #}
{% macro weeks_between(first, second) -%}
    cast({{ days_between(first, second) }} / 7 as integer)
{%- endmacro %}

{# A week after every other: the open end of an interval of weeks. #}
{% macro end_of_time() -%}
    cast('9999-12-27' as date)
{%- endmacro %}

{# Whether two half-open intervals of weeks (from_week, to_week) have a week in common. #}
{% macro weeks_overlap(one, other) -%}
    {{ one }}.from_week < {{ other }}.to_week and {{ other }}.from_week < {{ one }}.to_week
{%- endmacro %}

{# The first week of every source, and of the whole community: a query, for a CTE. #}
{% macro first_weeks() -%}
    select source, first_week from {{ ref('int_source_starts') }}
    union all
    select 'all' as source, min(first_week) as first_week from {{ ref('int_source_starts') }}
{%- endmacro %}

{# A row for each week of a half-open interval of weeks: a column of a select list, which repeats the others. #}
{% macro each_week(from_week, to_week) -%}
    {{ return(adapter.dispatch('each_week', 'stillhere')(from_week, to_week)) }}
{%- endmacro %}

{% macro default__each_week(from_week, to_week) -%}
    {{ add_weeks(from_week, 'unnest(range(' ~ weeks_between(from_week, to_week) ~ '))') }}
{%- endmacro %}
