{# A view: it has to follow `figure_weeks` when a report is run again alone. #}
{{ config(materialized='view') }}

-- A source is reported from the week in which anything of it is first seen; the whole community from its first source's.
with first_rows as (

    select source, min(joined_week) as first_week
    from {{ ref('int_members') }}
    group by source
    union all
    select source, min(week_start) as first_week
    from {{ ref('int_source_weeks') }}
    group by source

),

by_source as (

    select
        first_rows.source,
        min(first_rows.first_week) as first_week,
        bool_and(sources.observes_views) as observes_views,
        bool_and(sources.observes_reactions) as observes_reactions,
        bool_and(sources.observes_reaction_counts) as observes_reaction_counts,
        bool_and(sources.observes_threads) as observes_threads,
        bool_and(sources.observes_members) as observes_members
    from first_rows
    inner join {{ source('control', 'sources') }} as sources on first_rows.source = sources.source
    group by first_rows.source

)

select
    by_source.source,
    figure_weeks.week_start,
    by_source.observes_views,
    by_source.observes_reactions,
    by_source.observes_reaction_counts,
    by_source.observes_threads,
    by_source.observes_members
from by_source
inner join {{ source('control', 'figure_weeks') }} as figure_weeks on by_source.first_week <= figure_weeks.week_start

union all

-- Whoever is seen reading in one source only may read unseen in another: the whole sees views only if every source does.
select
    'all' as source,
    figure_weeks.week_start,
    bool_and(by_source.observes_views) as observes_views,
    bool_or(by_source.observes_reactions) as observes_reactions,
    bool_or(by_source.observes_reaction_counts) as observes_reaction_counts,
    bool_or(by_source.observes_threads) as observes_threads,
    bool_or(by_source.observes_members) as observes_members
from by_source
inner join {{ source('control', 'figure_weeks') }} as figure_weeks on by_source.first_week <= figure_weeks.week_start
group by figure_weeks.week_start
