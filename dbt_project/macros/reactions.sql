{# Reactions that are counted without saying whose they are, as rows of the stream content_statistics.
   `unnamed`: source, content_id, occurred_at, quantity (what is not above 0 is none), and who made the content in `author_id`.
   That goes along because what is no content (an answer to a command, a service message, a message passed on) tells of
   no author, and may be a bot's. #}
{% macro unnamed_reactions(unnamed, author_id) -%}
select
    source,
    content_id,
    source || ':' || {{ author_id }} as target_member_id,
    'reaction' as statistic,
    cast(sum(quantity) as bigint) as quantity,
    occurred_at,
    'inherited' as time_precision
from {{ unnamed }}
where quantity > 0
group by source, content_id, {{ author_id }}, occurred_at
{%- endmacro %}
