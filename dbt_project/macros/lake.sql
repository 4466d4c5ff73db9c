{# Rows of one raw table of the lake, over all sources that are in the config now. #}
{% macro lake_rows(table) -%}
    select *
    from {{ parquet(env_var('STILLHERE_HOME', '.stillhere') ~ '/lake/*/' ~ table ~ '/week=*/*.parquet') }}
    where _source in (select source from {{ source('control', 'sources') }})
{%- endmacro %}

{# Rows of the ledger: `files` or `exports`. #}
{% macro ledger_rows(kind) -%}
    select *
    from {{ parquet(env_var('STILLHERE_HOME', '.stillhere') ~ '/ledger/*/*.' ~ kind ~ '.parquet') }}
    where source in (select source from {{ source('control', 'sources') }})
{%- endmacro %}

{% macro parquet(path) -%}
    {{ return(adapter.dispatch('parquet', 'stillhere')(path)) }}
{%- endmacro %}

{% macro default__parquet(path) -%}
    read_parquet('{{ path | replace("'", "''") }}', union_by_name = true, hive_partitioning = false)
{%- endmacro %}
