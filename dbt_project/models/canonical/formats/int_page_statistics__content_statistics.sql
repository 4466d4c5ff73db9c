{%- set kinds = [('reactions', 'reaction'), ('replies', 'reply'), ('shares', 'share'), ('views', 'view')] -%}
{%- for column, statistic in kinds %}
select
    source,
    content as content_id,
    '{{ statistic }}' as statistic,
    cast(sum({{ column }}) as bigint) as quantity,
    -- Noon, so that the day stays the same day in nearly every zone.
    {{ dbt.dateadd('hour', 12, 'cast(stat_date as timestamp)') }} as occurred_at,
    'day' as time_precision
from {{ ref('int_page_statistics__daily') }}
where content is not null
    and {{ column }} > 0
group by source, content, stat_date
{{ 'union all' if not loop.last }}
{%- endfor %}
