{# The weekly figures of the reports, in long form: metric '<report>.<column>' and its value. A report that has several
   rows of a source and week (amounts in several currencies) has no one figure for it. #}
{% macro weekly_figures() -%}
    {%- for report, columns in var('figures').items() %}
    {%- set outer_loop = loop %}
    {%- for column in columns %}
    select
        source,
        week_start,
        '{{ report }}.{{ column }}' as metric,
        case when count(*) = 1 then max(cast({{ adapter.quote(column) }} as double)) end as value
    from {{ ref(report) }}
    group by source, week_start
    {{- '\n    union all' if not (loop.last and outer_loop.last) }}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}
