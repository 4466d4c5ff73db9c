{#
    How tables and views are made in DuckDB: the old one goes, the new one comes and is described, in one transaction
    and, but for Python models, in one call.

    dbt's own way makes the new one under another name, renames both, and looks up columns twice before it describes
    them: it serves engines whose DDL bears no transaction as well. Over a hundred small models, that was a third of
    what dbt took.
#}
{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set drop_old = drop_old_sql(load_cached_relation(this)) -%}

    {{ run_hooks(pre_hooks) }}
    {% if model['language'] == 'python' %}
        {# Python writes by a connection of its own, which sees nothing of this one's transaction. #}
        {%- set new = make_intermediate_relation(target) -%}
        {% call statement('drop_new', auto_begin=False) -%} drop table if exists {{ new }} {%- endcall %}
        {% call statement('main', language='python') -%}
            {{- create_table_as(False, new, compiled_code, 'python') }}
        {%- endcall %}
        {% call statement('rename') -%}
            {{ drop_old }}
            alter table {{ new }} rename to {{ target.identifier }};
            {{ comments_sql(target, model) }}
        {%- endcall %}
    {% else %}
        {% call statement('main') -%}
            {{ drop_old }}
            {{ create_table_as(False, target, compiled_code) }}
            {{ comments_sql(target, model) }}
        {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{% materialization view, adapter="duckdb" %}
    {%- set target = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ drop_old_sql(load_cached_relation(this)) }}
        {{ get_create_view_as_sql(target, sql) }}
        {{ comments_sql(target, model) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The statement that drops what stands in a model's place; nothing where there is nothing. #}
{% macro drop_old_sql(existing) -%}
    {% if existing is not none %}drop {{ existing.type }} if exists {{ existing }};{% endif %}
{%- endmacro %}


{# The statements that describe a table or view and its columns, as the yml has them; a column that it has not fails. #}
{% macro comments_sql(relation, model) -%}
    {% if config.persist_relation_docs() and model.description %}
        {{- alter_relation_comment(relation, model.description) }}
    {%- endif -%}
    {% if config.persist_column_docs() %}
        {%- for column in model.columns.values() if column.description %}
            comment on column {{ relation }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
        {%- endfor %}
    {%- endif %}
{%- endmacro %}


{# dbt asks for the columns twice before it describes them. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {% set comments = comments_sql(relation, model) %}
    {% if comments | trim %}
        {% call statement('comments') -%} {{ comments }} {%- endcall %}
    {% endif %}
{%- endmacro %}
