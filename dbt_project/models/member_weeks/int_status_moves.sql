-- From span to span a member moves. Sums of moves are all that the weekly counts need: the members in a status at the
-- end of a week are those that moved into it up to then, less those that moved out.
with spans as (

    select
        spans.source,
        spans.member_id,
        spans.from_week as week_start,
        spans.status as to_status,
        spans.stage as to_stage,
        lag(spans.status) over (partition by spans.source, spans.member_id order by spans.from_week) as from_status,
        lag(spans.stage) over (partition by spans.source, spans.member_id order by spans.from_week) as from_stage,
        members.joined_at_is_inferred,
        members.joined_week = spans.from_week as is_joining_week
    from {{ ref('int_status_spans') }} as spans
    inner join {{ ref('int_community_members') }} as members
        on spans.source = members.source
        and spans.member_id = members.member_id

)

select
    source,
    week_start,
    from_status,
    to_status,
    from_stage,
    to_stage,
    joined_at_is_inferred,
    is_joining_week,
    count(*) as members
from spans
where from_status is distinct from to_status
    or from_stage is distinct from to_stage
group by source, week_start, from_status, to_status, from_stage, to_stage, joined_at_is_inferred, is_joining_week
