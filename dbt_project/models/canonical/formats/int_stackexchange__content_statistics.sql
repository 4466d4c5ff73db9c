-- Votes up and down that do not say whose they are. The other kinds are how a site is run: no reaction to content.
select
    source,
    'posts/' || post_id as content_id,
    'reaction' as statistic,
    count(*) as quantity,
    occurred_at,
    'day' as time_precision
from {{ ref('int_stackexchange__votes') }}
where user_id is null
    and vote_type_id in (2, 3)
group by source, post_id, occurred_at
