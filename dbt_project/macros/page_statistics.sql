{# The value of a post's column that was told last, where any was; of two told at one instant the greater. #}
{% macro last_told(column) -%}
    max_by({{ column }}, row(export_number, told_at, {{ column }})) filter (where {{ column }} is not null)
{%- endmacro %}

{# What a figure of all time grew by since the snapshot before; the first one is the whole of it. Platforms take away
   what turns out to be spam: a figure that shrinks has grown by nothing. #}
{% macro growth(figure) -%}
    case
        when {{ figure }} is null then null
        else greatest({{ figure }} - coalesce(lag({{ figure }} ignore nulls) over snapshots, 0), 0)
    end
{%- endmacro %}

{# A day's figure: what the account's own line says, else the sum of its parts. #}
{% macro day_total(figure) -%}
    coalesce(sum(case when is_total then {{ figure }} end), sum(case when not is_total then {{ figure }} end))
{%- endmacro %}
