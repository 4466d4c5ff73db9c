{{ config(materialized='table') }}

with instants as (

    select source, occurred_at from {{ ref('int_interactions') }}
    union all
    select source, occurred_at from {{ ref('int_membership_events') }}
    union all
    select source, ordered_at as occurred_at from {{ ref('int_orders') }}
    union all
    select source, cast("day" as timestamp) as occurred_at from {{ ref('int_account_statistics') }}

),

spans as (

    select
        source,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from instants
    group by source

)

select
    sources.source,
    sources.format,
    sources.observes_views,
    sources.observes_reactions,
    sources.observes_joins,
    sources.observes_leaves,
    sources.observes_threads,
    spans.first_at,
    spans.last_at,
    sources.observes_members
from {{ source('control', 'sources') }} as sources
left join spans on sources.source = spans.source
