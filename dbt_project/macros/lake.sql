{# Rows of one raw table of the lake, over all sources that are in the config now. #}
{% macro lake_rows(table) -%}
    select *
    from {{ parquet(home_for_globs() ~ '/lake/*/' ~ table ~ '/week=*/*.parquet') }}
    where _source in (select source from {{ source('control', 'sources') }})
{%- endmacro %}

{# Rows of the ledger: `files` or `exports`. #}
{% macro ledger_rows(kind) -%}
    select *
    from {{ parquet(home_for_globs() ~ '/ledger/*/*.' ~ kind ~ '.parquet') }}
    where source in (select source from {{ source('control', 'sources') }})
{%- endmacro %}

{# The home folder, with what would be a pattern in its name taken literally. #}
{% macro home_for_globs() -%}
    {{ return(env_var('STILLHERE_HOME', '.stillhere') | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]')) }}
{%- endmacro %}

{% macro parquet(path) -%}
    {{ return(adapter.dispatch('parquet', 'stillhere')(path)) }}
{%- endmacro %}

{% macro default__parquet(path) -%}
    read_parquet('{{ path | replace("'", "''") }}', union_by_name = true, hive_partitioning = false)
{%- endmacro %}
