{# A JSON object of texts as rows of (key, value), one a key. #}
{% macro json_entries(json) -%}
    {{ return(adapter.dispatch('json_entries', 'stillhere')(json)) }}
{%- endmacro %}

{% macro default__json_entries(json) -%}
    unnest(map_entries(cast(cast({{ json }} as json) as map(varchar, varchar))))
{%- endmacro %}
