{# All formats' rows of one canonical stream, one below the other. #}
{% macro union_formats(stream) -%}
    {%- set models = [] -%}
    {%- for format, streams in var('formats').items() if stream in streams -%}
        {%- do models.append('int_' ~ format ~ '__' ~ stream) -%}
    {%- endfor -%}
    {%- for model in models %}
    select * from {{ ref(model) }}
    {%- if not loop.last %}
    union all by name
    {%- endif -%}
    {%- endfor %}
{%- endmacro %}

{# One row out of several by an order; the tie-breaks of "the later export holds" are the same everywhere. #}
{% macro latest_version(partition_by) -%}
    row_number() over (
        partition by {{ partition_by }}
        order by export_number desc, file_name desc, row_number_in_file desc
    ) = 1
{%- endmacro %}
