{#
    Incremental strategy of the reports: the weeks of this run are replaced, all others are left alone.

    Reports that later weeks look back on (headlines, goals) also replace the weeks before, so that a week's rows do not
    depend on which weeks happened to be run; they say so by `meta: {replaces: figure_weeks}`. Published are the run's own.

    Rule: delete by week. Reason: delete+insert by key keeps rows whose key vanished, and a week that became empty
    would keep all of its old rows.
#}
{% macro get_incremental_replace_weeks_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where week_start in (select week_start from {{ source('control', config.get('meta', {}).get('replaces', 'run_weeks')) }});

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
