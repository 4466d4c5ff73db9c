{# Settings of a model whose joins run in the order in which they are written, the table on the right looked up in: the
   planner takes weeks counted out of spans for far fewer rows than they are, and would look up in those instead. #}
{% macro joins_as_written() -%}
    {{ return(adapter.dispatch('joins_as_written', 'stillhere')()) }}
{%- endmacro %}

{% macro default__joins_as_written() -%}
    {{ return({}) }}
{%- endmacro %}

{% macro duckdb__joins_as_written() -%}
    {{ return({
        'pre_hook': "set disabled_optimizers = 'join_order,build_side_probe_side'", 'post_hook': 'reset disabled_optimizers'
    }) }}
{%- endmacro %}
