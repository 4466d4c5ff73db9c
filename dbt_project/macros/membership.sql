{# Members of the weeks of the CTE `spine` (source, week_start), as the CTE `membership`: all who came up to a week's end,
   less all who went. #}
{% macro membership_of_spine() -%}
moves as (

    select
        source,
        week_start,
        sum(case when to_stage is not null then members else 0 end)
        - sum(case when from_stage is not null then members else 0 end) as change_of_members
    from {{ ref('int_status_moves') }}
    group by source, week_start

),

membership as (

    select
        spine.source,
        spine.week_start,
        sum(moves.change_of_members) as members
    from spine
    inner join moves
        on spine.source = moves.source
        and moves.week_start <= spine.week_start
    group by spine.source, spine.week_start

)
{%- endmacro %}
