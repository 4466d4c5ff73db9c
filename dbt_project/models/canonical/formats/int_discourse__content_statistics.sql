-- Reactions are numbers as of the day on which the post was fetched, without who and when: they count when the post was
-- written. What is said in private is no content of the community.
select
    source,
    cast(post_id as varchar) as content_id,
    'reaction' as statistic,
    reactions as quantity,
    occurred_at,
    'inherited' as time_precision
from {{ ref('int_discourse__posts') }}
where is_act
    and not is_private
    and reactions > 0
