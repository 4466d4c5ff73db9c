{# A table: it is read three times. #}
{{ config(tags=['run_weeks']) }}

-- What the model is fitted on in each week, as one key: the same histories, the same key, so that no fit is made twice.
-- The hash of a set of members is a sum: it follows from who came into a history and who went.
with histories as (

    select
        source,
        from_week,
        to_week,
        members,
        members * cast({{ row_hash(['active_weeks', 'first_active_week', 'last_active_week']) }} as decimal(38, 0)) as members_hash
    from {{ ref('int_history_spans') }}

),

moves as (

    select source, from_week as week_start, members, members_hash from histories
    union all
    select source, to_week as week_start, -members, -members_hash from histories

),

changes as (

    select source, week_start, sum(members) as members, sum(members_hash) as members_hash
    from moves
    group by source, week_start

),

totals as (

    select
        weeks.source,
        weeks.week_start,
        cast(coalesce(sum(changes.members), 0) as bigint) as members,
        coalesce(sum(changes.members_hash), 0) as members_hash
    from {{ ref('int_score_weeks') }} as weeks
    left join changes
        on weeks.source = changes.source
        and changes.week_start <= weeks.week_start
    group by weeks.source, weeks.week_start

)

select
    source,
    week_start,
    members,
    -- With the version of the method: a better search has to find everything anew. Of too few members nothing is fitted, for as
    -- long as so many are asked for.
    md5(concat_ws(
        '|', 'bgbb 2', week_start, members, members_hash,
        case when members < settings.fit_min_members then 'of ' || cast(settings.fit_min_members as varchar) end
    )) as fit_key
from totals
cross join {{ source('control', 'settings') }} as settings
