-- 'all' is a source of its own here: the community as a whole, in which a person counts once.
select
    'all' as source,
    true as is_whole_community,
    null as format,
    null as observes_views,
    null as observes_reactions,
    null as observes_joins,
    null as observes_leaves,
    null as observes_threads,
    null as observes_members,
    min(first_at) as first_at,
    max(last_at) as last_at
from reports.sources
union all
select
    source,
    false,
    format,
    observes_views,
    observes_reactions,
    observes_joins,
    observes_leaves,
    observes_threads,
    observes_members,
    first_at,
    last_at
from reports.sources
