{# Reactions that messages count beyond the users whom they name, as rows of the stream content_statistics. #}
{% macro reactions_without_users(messages) -%}
with reactions as (

    select
        source,
        content_id,
        occurred_at,
        unnest(reactions) as reaction
    from {{ messages }}

),

unnamed as (

    select
        source,
        content_id,
        occurred_at,
        greatest(reaction.quantity - coalesce(len(reaction.users), 0), 0) as quantity
    from reactions

)

select
    source,
    content_id,
    'reaction' as statistic,
    cast(sum(quantity) as bigint) as quantity,
    occurred_at,
    'inherited' as time_precision
from unnamed
where quantity > 0
group by source, content_id, occurred_at
{%- endmacro %}
