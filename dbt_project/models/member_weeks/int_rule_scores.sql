{{ config(tags=['run_weeks']) }}

-- What each rule that can put members in order says of the members that it is judged by: the higher, the likelier silent.
with members as (

    select
        members.*,
        chances.p_active_4w
    from {{ ref('int_rule_members') }} as members
    left join {{ ref('int_rule_chances') }} as chances
        on members.source = chances.source
        and members.week_start = chances.week_start
        and members.x = chances.x
        and members.t_x = chances.t_x
        and members.n = chances.n

)

select source, member_id, week_start, 'silence_cut' as rule, cast(silence_weeks as double) as score, is_silent_4w
from members

union all

select source, member_id, week_start, 'probability_cut' as rule, 1 - p_active_4w as score, is_silent_4w
from members
where p_active_4w is not null

union all

select source, member_id, week_start, 'model' as rule, p_silent_4w as score, is_silent_4w
from members
where p_silent_4w is not null
