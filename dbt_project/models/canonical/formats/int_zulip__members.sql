with users as (

    select * from {{ ref('int_zulip__users') }}

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

-- A placeholder stands for an account that is not exported: a name, and no word on its joining.
listed as (

    select
        users.source,
        users.source || ':' || users.user_id as member_id,
        users.full_name as member_name,
        users.is_bot,
        users.is_official,
        case when not users.is_placeholder then users.joined_at end as joined_at,
        cast(null as timestamp) as seen_at,
        case
            when not users.is_placeholder then coalesce(exports.previous_last_at, first_instants.first_at)
        end as listed_at
    from users
    inner join exports
        on users.source = exports.source
        and users.first_export_number = exports.export_number
    left join first_instants on users.source = first_instants.source

),

-- In a public archive members are the names that wrote; the platform's own accounts go by these.
named as (

    select
        source,
        source || ':' || native_id as member_id,
        sender_name as member_name,
        sender_name in ('Notification Bot', 'Welcome Bot', 'Zulip Bot') as is_bot,
        false as is_official,
        cast(null as timestamp) as joined_at,
        min(occurred_at) as seen_at,
        cast(null as timestamp) as listed_at
    from {{ ref('int_zulip__messages') }}
    where sender_name is not null
    group by source, native_id, sender_name

)

select * from listed
union all
select * from named
