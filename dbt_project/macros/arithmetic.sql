{# A ratio of two counts; null where the denominator is 0: a rate of nobody is unknown, not 0. #}
{% macro rate(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# A number that depends on a row's values and not on its place: equal rows, equal hash. Engine's own, so a macro. #}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash', 'stillhere')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{# Hash of a set of rows, whatever their order; equal rows count as often as they occur. #}
{% macro set_hash(hashes) -%}
    {{ return(adapter.dispatch('set_hash', 'stillhere')(hashes)) }}
{%- endmacro %}

{% macro default__set_hash(hashes) -%}
    sum(cast({{ hashes }} as hugeint))
{%- endmacro %}

{# Promoters (9, 10) less detractors (0 to 6) among the answers to NPS questions that fit a condition. #}
{% macro nps_balance(condition) -%}
    sum(case when kind = 'nps' and {{ condition }} then
        case when score >= 9 then 1 when score <= 6 then -1 else 0 end
    else 0 end)
{%- endmacro %}

{# A number in [0, 1) that depends on a text alone and looks like chance: the first digits of its MD5, in base 16. #}
{% macro share_of_text(text, digits=13) -%}
    {{ return(adapter.dispatch('share_of_text', 'stillhere')(text, digits)) }}
{%- endmacro %}

{% macro default__share_of_text(text, digits) -%}
    (cast(('0x' || left(md5({{ text }}), {{ digits }})) as bigint) / {{ 16 ** digits }}.0)
{%- endmacro %}

{# A row for each of some numbers: a query, for a CTE. #}
{% macro number_rows(numbers, name) -%}
    {%- for number in numbers %}
    select {{ number }} as {{ name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
