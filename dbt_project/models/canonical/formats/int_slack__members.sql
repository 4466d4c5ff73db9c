with users as (

    select * from {{ ref('int_slack__users') }}

),

messages as (

    select * from {{ ref('int_slack__messages') }}

),

exports as (

    select * from {{ ref('int_exports') }}

),

first_instants as (

    select
        source,
        min(first_at) as first_at
    from exports
    group by source

),

-- An account that an export lists though it is never seen: it joined before the first export that lists it, and if
-- that is not the first export of all, after the one before.
listed as (

    select
        users.source,
        users.source || ':' || users.user_id as member_id,
        users.user_id as native_id,
        users.user_name as member_name,
        users.is_bot,
        users.is_official,
        cast(null as timestamp) as joined_at,
        coalesce(exports.previous_last_at, first_instants.first_at) as listed_at,
        cast(null as timestamp) as seen_at
    from users
    inner join exports
        on users.source = exports.source
        and users.first_export_number = exports.export_number
    inner join first_instants on users.source = first_instants.source

),

-- Seen without an act of its own: in a system message, or as the name a bot's message bears.
mentioned as (

    select
        source,
        source || ':' || user_id as member_id,
        user_id as native_id,
        cast(null as varchar) as member_name,
        user_id = 'USLACKBOT' as is_bot,
        false as is_official,
        cast(null as timestamp) as joined_at,
        cast(null as timestamp) as listed_at,
        min(occurred_at) as seen_at
    from messages
    where user_id is not null
    group by source, user_id

),

bots as (

    select
        source,
        source || ':' || actor_id as member_id,
        actor_id as native_id,
        cast(null as varchar) as member_name,
        true as is_bot,
        false as is_official,
        cast(null as timestamp) as joined_at,
        cast(null as timestamp) as listed_at,
        min(occurred_at) as seen_at
    from messages
    where is_by_bot
    group by source, actor_id

)

select * from listed
union all
select * from mentioned
union all
select * from bots
