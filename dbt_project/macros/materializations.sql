{#
    How tables and views are made in DuckDB: the old one goes, the new one comes and is described, in one transaction
    and, but for Python models, in one call.

    dbt's own way makes the new one under another name, renames both, and looks up columns twice before it describes
    them: it serves engines whose DDL bears no transaction as well. Over a hundred small models, that was a third of
    what dbt took.
#}
{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks) }}
    {% if model['language'] == 'python' %}
        {%- set new = beside(target) -%}
        {% call statement('main', language='python') -%}
            {{- create_table_as(False, new, compiled_code, 'python') }}
        {%- endcall %}
        {% call statement('rename') -%} {{ renamed_sql(new, target) }} {%- endcall %}
    {% else %}
        {% call statement('main') -%} {{ new_table_sql(target) }} {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{% materialization view, adapter="duckdb" %}
    {%- set target = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ drop_old_sql() }}
        {{ get_create_view_as_sql(target, sql) }}
        {{ comments_sql(target, model) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# New rows take the place of others by the model's strategy, straight from its query: they are written once, not into a table of new rows
   first. What dbt looks that table up for the contract says. Rows of a Python model are added. #}
{% materialization incremental, adapter="duckdb", supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set is_continued = existing is not none and existing.is_table and not should_full_refresh() -%}

    {{ run_hooks(pre_hooks) }}
    {% if model['language'] == 'python' %}
        {%- set new = beside(target) -%}
        {% call statement('main', language='python') -%}
            {{- create_table_as(False, new, compiled_code, 'python') }}
        {%- endcall %}
        {% call statement('add') -%}
            {% if is_continued %}
                insert into {{ target }} by name select * from {{ new }};
                drop table {{ new }};
                {{ comments_sql(target, model) }}
            {% else %}
                {{ renamed_sql(new, target) }}
            {% endif %}
        {%- endcall %}
    {% elif is_continued %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set known = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
        {%- set strategy = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy')) -%}
        {%- set columns = [] -%}
        {%- for column in model.columns.values() -%}
            {%- do columns.append(api.Column.create(column.name, column.data_type)) -%}
        {%- endfor -%}
        {% call statement('main') -%}
            {% for column in columns if column.name not in known %}
                alter table {{ target }} add column {{ column.quoted }} {{ column.dtype }};
            {% endfor %}
            {{ strategy({'target_relation': target, 'temp_relation': '(' ~ compiled_code ~ '\n)', 'dest_columns': columns}) }};
            {{ comments_sql(target, model) }}
        {%- endcall %}
    {% else %}
        {% call statement('main') -%} {{ new_table_sql(target) }} {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}


{# The table that a Python model fills, gone if a killed run left one: Python writes by another connection, which sees nothing of this one's
   transaction. dbt lets nothing but a materialization itself run Python. #}
{% macro beside(target) %}
    {%- set new = make_intermediate_relation(target) -%}
    {% call statement('drop_new', auto_begin=False) -%} drop table if exists {{ new }} {%- endcall %}
    {{ return(new) }}
{% endmacro %}


{# The statements that make a table of a model's query, in place of what is there. #}
{% macro new_table_sql(target) -%}
    {{ drop_old_sql() }}
    {{ create_table_as(False, target, compiled_code) }}
    {{ comments_sql(target, model) }}
{%- endmacro %}


{# The statements that put a table in place of what is there. #}
{% macro renamed_sql(new, target) -%}
    {{ drop_old_sql() }}
    alter table {{ new }} rename to {{ target.identifier }};
    {{ comments_sql(target, model) }}
{%- endmacro %}


{# The statement that drops what stands in the model's place; nothing where there is nothing. #}
{% macro drop_old_sql() -%}
    {%- set existing = load_cached_relation(this) -%}
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
