-- Who comes and goes by themselves is known by id; who is invited or removed, by name alone.
with services as (

    select
        source,
        occurred_at,
        action,
        account_id,
        account_name,
        member_names
    from {{ ref('int_telegram__messages') }}
    where action in ('create_group', 'join_group_by_link', 'join_group_by_request', 'invite_members', 'remove_members')

),

-- A name stands for the one account that bears it; for none where several do, all of whom are known by what they did.
names as (

    select
        source,
        account_name,
        count(distinct account_id) as bearers,
        min(account_id) as account_id
    from {{ ref('int_telegram__accounts') }}
    where account_name is not null
    group by source, account_name

),

named as (

    select
        source,
        occurred_at,
        action,
        account_id as actor_id,
        account_name as actor_name,
        unnest(member_names) as member_name
    from services
    where action in ('create_group', 'invite_members', 'remove_members')

),

concerned as (

    select
        named.source,
        named.occurred_at,
        named.action,
        named.actor_id,
        case
            when named.member_name = named.actor_name then named.actor_id
            when names.bearers = 1 then names.account_id
            when names.bearers is null then 'name:' || named.member_name
        end as native_id
    from named
    left join names
        on named.source = names.source
        and named.member_name = names.account_name
    where named.member_name <> ''

),

events as (

    select
        source,
        account_id as native_id,
        occurred_at,
        'join' as event_type
    from services
    where action in ('create_group', 'join_group_by_link', 'join_group_by_request')

    union all

    select
        source,
        native_id,
        occurred_at,
        case action when 'remove_members' then 'leave' else 'join' end as event_type
    from concerned

    union all

    select
        source,
        native_id,
        occurred_at,
        'removed' as event_type
    from concerned
    where action = 'remove_members' and native_id is distinct from actor_id

)

select distinct
    source,
    source || ':' || native_id as member_id,
    occurred_at,
    event_type,
    false as is_inferred
from events
where native_id is not null
