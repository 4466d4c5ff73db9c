-- From span to span a member moves. Sums of moves are all that the weekly counts need: the members in a status at the
-- end of a week are those that moved into it up to then, less those that moved out.
with spans as (

    select
        spans.source,
        spans.member_id,
        spans.is_same_in_all,
        spans.from_week as week_start,
        spans.status as to_status,
        spans.stage as to_stage,
        lag(spans.status) over (partition by spans.source, spans.member_id order by spans.from_week) as from_status,
        lag(spans.stage) over (partition by spans.source, spans.member_id order by spans.from_week) as from_stage,
        members.joined_at_is_inferred,
        members.joined_week = spans.from_week as is_joining_week
    from {{ ref('int_unique_status_spans') }} as spans
    inner join {{ ref('int_community_members') }} as members
        on spans.source = members.source
        and spans.member_id = members.member_id

),

{%- set kinds = ['week_start', 'from_status', 'to_status', 'from_stage', 'to_stage', 'joined_at_is_inferred', 'is_joining_week'] | join(', ') %}

counted as (

    select
        source,
        is_same_in_all,
        {{ kinds }},
        count(*) as members
    from spans
    where from_status is distinct from to_status
        or from_stage is distinct from to_stage
    group by source, is_same_in_all, {{ kinds }}

),

scoped as (

    select source, {{ kinds }}, members from counted
    union all
    select 'all' as source, {{ kinds }}, members from counted where is_same_in_all

)

select
    source,
    {{ kinds }},
    cast(sum(members) as bigint) as members
from scoped
group by source, {{ kinds }}
