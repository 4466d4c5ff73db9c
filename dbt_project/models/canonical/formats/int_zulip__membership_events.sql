-- realm.json does not say when an account was deactivated: not before it last logged in, nor before its last act.
with last_acts as (

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

)

select
    deactivated.source,
    deactivated.member_id,
    greatest(deactivated.joined_at, deactivated.last_login_at, last_acts.last_act_at) as occurred_at,
    'leave' as event_type,
    true as is_inferred
from deactivated
left join last_acts
    on deactivated.source = last_acts.source
    and deactivated.member_id = last_acts.member_id
where greatest(deactivated.joined_at, deactivated.last_login_at, last_acts.last_act_at) is not null
