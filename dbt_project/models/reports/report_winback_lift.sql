-- What a list brought back, against those who were on it and left alone. The list of a week is looked at when the weeks in
-- which its members may come back have passed; it counts the members whom it added, see int_winback_entries.
{%- set pooled_lists = 12 %}
with settings as (

    select * from {{ source('control', 'settings') }}

),

logs as (

    select count(*) > 0 as has_log
    from {{ source('control', 'sources') }}
    where format = 'outreach'

),

-- A list is worked through in the week after its own. Who is turned to later stands on a later list, if still silent.
contacted as (

    select distinct
        participants.source,
        participants.member_id,
        {{ add_weeks('contacts.week_start', -1) }} as list_week
    from {{ ref('int_contacts') }} as contacts
    inner join {{ ref('int_participants') }} as participants on contacts.member_id = participants.account_id

),

entries as (

    select
        entries.*,
        contacted.member_id is not null as is_contacted,
        entries.next_sign_week <= {{ add_weeks('entries.week_start', 'settings.reactivated_within_weeks') }} as is_reactivated
    from {{ ref('int_winback_entries') }} as entries
    cross join settings
    left join contacted
        on entries.source = contacted.source
        and entries.member_id = contacted.member_id
        and entries.week_start = contacted.list_week

),

scoped as (

    select *, play as scope
    from entries
    union all
    select *, 'all' as scope
    from entries

),

-- Over several lists a member counts once, with the first of them: from the list after those that still hold the one before.
windows as (

    select
        *,
        1 as lists,
        week_start as from_list_week
    from scoped

    union all

    select
        *,
        {{ pooled_lists }} as lists,
        greatest(week_start, coalesce({{ add_weeks(
            'lag(week_start) over (partition by source, member_id, scope order by week_start)', pooled_lists
        ) }}, week_start)) as from_list_week
    from scoped

),

-- Members of one list who count in the same lists fold into one row.
tallies as (

    select
        windows.source,
        windows.scope,
        windows.lists,
        windows.from_list_week,
        {{ add_weeks('windows.week_start', 'windows.lists') }} as to_list_week,
        sum(case when not is_do_not_contact then 1 else 0 end) as listed,
        sum(case when is_do_not_contact then 1 else 0 end) as do_not_contact,
        sum(case when is_in_treatment then 1 else 0 end) as contacted,
        sum(case when is_in_holdout then 1 else 0 end) as holdout,
        sum(case when is_in_treatment and is_reactivated then 1 else 0 end) as reactivated_contacted,
        sum(case when is_in_holdout and is_reactivated then 1 else 0 end) as reactivated_holdout,
        sum(case when not is_do_not_contact and is_holdout and is_contacted then 1 else 0 end) as holdout_contacted
    from (
        select
            windows.*,
            not is_do_not_contact and not is_holdout and (is_contacted or not logs.has_log) as is_in_treatment,
            not is_do_not_contact and is_holdout and not is_contacted as is_in_holdout
        from windows
        cross join logs
    ) as windows
    group by windows.source, windows.scope, windows.lists, windows.from_list_week, windows.week_start

),

first_weeks as (

    {{ first_weeks() }}

),

spine as (

    select
        run_weeks.source,
        run_weeks.week_start,
        {{ add_weeks('run_weeks.week_start', '-settings.reactivated_within_weeks') }} as list_week,
        scopes.scope,
        pools.lists
    from {{ ref('int_source_run_weeks') }} as run_weeks
    cross join settings
    cross join (
        select 'all' as scope
        union
        select play as scope from {{ ref('winback_plays') }}
    ) as scopes
    cross join (
        select 1 as lists
        union all
        select {{ pooled_lists }} as lists
    ) as pools
    inner join first_weeks
        on run_weeks.source = first_weeks.source
        and first_weeks.first_week
            <= {{ add_weeks('run_weeks.week_start', '-settings.reactivated_within_weeks') }}

),

counted as (

    select
        spine.source,
        spine.week_start,
        spine.list_week,
        spine.lists,
        spine.scope,
        {%- for count in ['listed', 'contacted', 'holdout', 'reactivated_contacted', 'reactivated_holdout', 'holdout_contacted', 'do_not_contact'] %}
        cast(coalesce(sum(tallies.{{ count }}), 0) as bigint) as {{ count }}{{ ',' if not loop.last }}
        {%- endfor %}
    from spine
    left join tallies
        on spine.source = tallies.source
        and spine.scope = tallies.scope
        and spine.lists = tallies.lists
        and tallies.from_list_week <= spine.list_week
        and spine.list_week < tallies.to_list_week
    group by spine.source, spine.week_start, spine.list_week, spine.lists, spine.scope

),

compared as (

    select
        counted.*,
        {{ newcombe('reactivated_contacted', 'contacted', 'reactivated_holdout', 'holdout', -1) }} as low,
        {{ newcombe('reactivated_contacted', 'contacted', 'reactivated_holdout', 'holdout', 1) }} as high
    from counted

)

select
    compared.source,
    compared.week_start,
    compared.list_week,
    cast(compared.lists as integer) as lists,
    compared.scope as play,
    compared.listed,
    compared.contacted,
    compared.holdout,
    compared.reactivated_contacted,
    compared.reactivated_holdout,
    {{ rate('compared.reactivated_contacted', 'compared.contacted') }} as rate_contacted,
    {{ rate('compared.reactivated_holdout', 'compared.holdout') }} as rate_holdout,
    {{ rate('compared.reactivated_contacted', 'compared.contacted') }}
    - {{ rate('compared.reactivated_holdout', 'compared.holdout') }} as difference,
    compared.low,
    compared.high,
    case
        when least(compared.contacted, compared.holdout) < settings.lift_min_members then 'not_enough_members'
        when compared.low > 0 then 'effect'
        when compared.high < 0 then 'adverse_effect'
        else 'no_effect_seen'
    end as verdict,
    case when logs.has_log then 'log' else 'intention' end as contacts_known_by,
    compared.holdout_contacted,
    compared.do_not_contact
from compared
cross join settings
cross join logs
