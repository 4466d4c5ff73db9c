{# Whoever has one account, and no other name, is the same member in their own source as in the source 'all', with the same weeks,
   silences and statuses. Those are computed once: in the models `int_unique_*`, which say of each row whether it holds in 'all'
   too (`is_same_in_all`). The models of the same names without `unique` are views in which such a row stands in both. #}

{# Whether a row of participants or members is computed, rather than taken over from the member's own source. #}
{% macro is_computed(members) -%}
    ({{ members }}.source <> 'all' or not {{ members }}.is_same_in_all)
{%- endmacro %}

{# All rows of a relation, and those that hold in the source 'all' once more for it.
   `columns`: all of its columns but the source. #}
{% macro in_source_and_all(relation, columns) -%}
    {%- set others = columns | join(', ') -%}
    select source, {{ others }}
    from {{ relation }}

    union all

    select 'all' as source, {{ others }}
    from {{ relation }}
    where is_same_in_all
{%- endmacro %}
