{%- set types = ['post', 'reply', 'message', 'reaction', 'share', 'vote', 'attend', 'claim', 'follow', 'view'] -%}
with spine as (

    select * from {{ ref('int_source_run_weeks') }}

),

types as (

    select * from {{ ref('interaction_types') }}

),

weeks as (

    select *
    from {{ ref('int_member_weeks') }}
    where is_community_member
        and week_start in (select week_start from {{ source('control', 'run_weeks') }})

),

acts as (

    {%- for type in types %}
    select source, week_start, member_id, '{{ type }}' as interaction_type, {{ type }}_interactions as interactions
    from weeks
    where {{ type }}_interactions > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

kinds as (

    select
        acts.source,
        acts.week_start,
        types.participation,
        types.expression,
        types.audience,
        sum(acts.interactions) as interactions,
        count(distinct acts.member_id) as members
    from acts
    inner join types on acts.interaction_type = types.interaction_type
    group by acts.source, acts.week_start, types.participation, types.expression, types.audience

),

-- A kind has a row, be it of nobody, where the source can show one of its types.
shown as (

    select distinct
        spine.source,
        spine.week_start,
        types.participation,
        types.expression,
        types.audience
    from spine
    cross join types
    where (types.interaction_type <> 'view' or spine.observes_views)
        and (types.interaction_type <> 'reaction' or spine.observes_reactions)
    union
    select
        kinds.source,
        kinds.week_start,
        kinds.participation,
        kinds.expression,
        kinds.audience
    from kinds
    inner join spine
        on kinds.source = spine.source
        and kinds.week_start = spine.week_start

)

select
    shown.source,
    shown.week_start,
    shown.participation,
    shown.expression,
    shown.audience,
    cast(coalesce(kinds.interactions, 0) as bigint) as interactions,
    cast(coalesce(kinds.members, 0) as bigint) as members
from shown
left join kinds
    on shown.source = kinds.source
    and shown.week_start = kinds.week_start
    and shown.participation = kinds.participation
    and shown.expression = kinds.expression
    and shown.audience = kinds.audience
