-- From span to span a member moves. Sums of moves are all that the weekly counts need: the members in a status at the
-- end of a week are those that moved into it up to then, less those that moved out.
with begun as (

    -- Spans have no gaps: where one begins, the one before has ended. (To look that up takes half as long as to put all in order.)
    select
        spans.source,
        spans.is_same_in_all,
        spans.from_week as week_start,
        case when before.member_id is not null then {{ status_at('before', add_weeks('spans.from_week', -1)) }} end as from_status,
        {{ status_at('spans', 'spans.from_week') }} as to_status,
        case when before.member_id is not null then {{ stage_at('before', add_weeks('spans.from_week', -1)) }} end as from_stage,
        {{ stage_at('spans', 'spans.from_week') }} as to_stage,
        spans.joined_at_is_inferred,
        spans.joined_week = spans.from_week as is_joining_week
    from {{ ref('int_unique_silence_spans') }} as spans
    left join {{ ref('int_unique_silence_spans') }} as before
        on spans.source = before.source
        and spans.member_id = before.member_id
        and spans.from_week = before.to_week

),

-- Within a silence.
turned as (

    select
        source,
        is_same_in_all,
        from_week as week_start,
        turned_from_status as from_status,
        status as to_status,
        turned_from_stage as from_stage,
        stage as to_stage,
        joined_at_is_inferred,
        false as is_joining_week
    from {{ ref('int_unique_status_spans') }}
    where not is_beginning

),

moves as (

    select * from begun
    union all
    select * from turned

),

{%- set kinds = ['week_start', 'from_status', 'to_status', 'from_stage', 'to_stage', 'joined_at_is_inferred', 'is_joining_week'] | join(', ') %}

counted as (

    select
        source,
        is_same_in_all,
        {{ kinds }},
        count(*) as members
    from moves
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
