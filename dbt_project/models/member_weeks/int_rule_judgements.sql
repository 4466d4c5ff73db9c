{{ config(tags=['run_weeks']) }}

-- How every rule did in each week that it is judged by: on the same members, by what was known at that week's end.
with settings as (

    select * from {{ source('control', 'settings') }}

),

cuts as (

    select * from {{ ref('int_rule_cuts') }}

),

-- Without weeks before it to learn a cut from, a week is not judged at all.
judged_weeks as (

    select source, week_start
    from cuts
    where rule = 'silence_cut'

),

flags as (

    select
        members.source,
        members.member_id,
        members.week_start,
        members.is_silent_4w,
        {{ simple_flags('members', 'chances.p_active_4w') }}
    from {{ ref('int_rule_members') }} as members
    inner join judged_weeks
        on members.source = judged_weeks.source
        and members.week_start = judged_weeks.week_start
    cross join settings
    left join {{ ref('int_rule_chances') }} as chances
        on members.source = chances.source
        and members.week_start = chances.week_start
        and members.x = chances.x
        and members.t_x = chances.t_x
        and members.n = chances.n

)

select
    scores.source,
    scores.member_id,
    scores.week_start,
    scores.rule,
    scores.score,
    scores.score >= cuts.cut as is_flagged,
    scores.is_silent_4w
from {{ ref('int_rule_scores') }} as scores
inner join cuts
    on scores.source = cuts.source
    and scores.week_start = cuts.week_start
    and scores.rule = cuts.rule
inner join judged_weeks
    on scores.source = judged_weeks.source
    and scores.week_start = judged_weeks.week_start
{%- for rule, condition in simple_rules().items() %}

union all

select
    source,
    member_id,
    week_start,
    '{{ rule }}' as rule,
    cast(null as double) as score,
    {{ condition }} as is_flagged,
    is_silent_4w
from flags
{%- endfor %}
