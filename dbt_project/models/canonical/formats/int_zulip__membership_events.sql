-- When an account was deactivated stands in the organization's log. Where it does not, though the account is: not before
-- the account was last active again, last logged in, nor before its last act.
with logged as (

    select
        source,
        source || ':' || user_id as member_id,
        occurred_at,
        event_type,
        -- Written by a later version of Zulip, of what had happened at some time before.
        bool_and(is_backfilled) as is_inferred
    from {{ ref('stg_zulip__account_events') }}
    group by source, user_id, occurred_at, event_type

),

last_logged as (

    select
        source,
        member_id,
        max(occurred_at) as occurred_at,
        max_by(event_type, row(occurred_at, event_type = 'join')) as event_type
    from logged
    group by source, member_id

),

last_acts as (

    select
        source,
        member_id,
        max(occurred_at) as last_act_at
    from {{ ref('int_zulip__interactions') }}
    group by source, member_id

),

deactivated as (

    select
        source,
        source || ':' || user_id as member_id,
        joined_at,
        last_login_at
    from {{ ref('int_zulip__users') }}
    where not is_active

),

concluded as (

    select
        deactivated.source,
        deactivated.member_id,
        greatest(
            deactivated.joined_at, deactivated.last_login_at, last_acts.last_act_at,
            -- Who comes back and goes at one instant counts as there.
            {{ dbt.dateadd('microsecond', 1, 'last_logged.occurred_at') }}
        ) as occurred_at
    from deactivated
    left join last_acts
        on deactivated.source = last_acts.source
        and deactivated.member_id = last_acts.member_id
    left join last_logged
        on deactivated.source = last_logged.source
        and deactivated.member_id = last_logged.member_id
    where coalesce(last_logged.event_type, 'join') = 'join'

)

select * from logged
union all
select
    source,
    member_id,
    occurred_at,
    'leave' as event_type,
    true as is_inferred
from concluded
where occurred_at is not null
