-- Reactions are numbers as of the day on which the post was fetched, without who and when: they count when the post was
-- written.
select
    source,
    cast(post_id as varchar) as content_id,
    'reaction' as statistic,
    reactions as quantity,
    occurred_at,
    'inherited' as time_precision
from {{ ref('int_discourse__posts') }}
where is_act and reactions > 0
