{# A view: it has to follow `figure_weeks` when a report is run again alone. #}
{{ config(materialized='view') }}

-- The whole community is reported from its first source's week on.
with by_source as (

    select * from {{ ref('int_source_starts') }}

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
