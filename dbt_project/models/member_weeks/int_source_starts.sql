-- A source is reported from the week on in which anything of it is first seen, and none before anything happened anywhere: member lists
-- may know of joinings long before the exports begin, and what their members did then is unknown, which is not nothing.
with first_rows as (

    select source, min(joined_week) as first_week
    from {{ ref('int_members') }}
    group by source
    union all
    select source, min(week_start) as first_week
    from {{ ref('int_source_weeks') }}
    group by source

),

exports as (

    select min(week_start) as first_week from {{ ref('int_source_weeks') }}

)

select
    first_rows.source,
    -- Without any row there are the lists' joinings; a null makes no difference to `greatest`.
    greatest(min(first_rows.first_week), min(exports.first_week)) as first_week,
    bool_and(sources.observes_views) as observes_views,
    bool_and(sources.observes_reactions) as observes_reactions,
    bool_and(sources.observes_reaction_counts) as observes_reaction_counts,
    bool_and(sources.observes_threads) as observes_threads,
    bool_and(sources.observes_members) as observes_members
from first_rows
inner join {{ source('control', 'sources') }} as sources on first_rows.source = sources.source
cross join exports
group by first_rows.source
