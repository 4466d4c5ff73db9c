with posts as (

    select * from {{ ref('int_discourse__posts') }}

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

-- Negative ids are the platform's own accounts.
listed as (

    select
        users.source,
        users.source || ':' || users.user_id as member_id,
        users.username as member_name,
        users.user_id < 0 as is_bot,
        users.is_official,
        users.joined_at,
        cast(null as timestamp) as seen_at,
        coalesce(exports.previous_last_at, first_instants.first_at) as listed_at
    from {{ ref('int_discourse__users') }} as users
    inner join exports
        on users.source = exports.source
        and users.first_export_number = exports.export_number
    left join first_instants on users.source = first_instants.source

),

-- Every author, moderators' actions included; whoever once wrote as staff is staff.
authors as (

    select
        source,
        source || ':' || user_id as member_id,
        max_by(username, post_id) filter (where username is not null) as member_name,
        user_id < 0 as is_bot,
        bool_or(is_official) as is_official,
        cast(null as timestamp) as joined_at,
        min(occurred_at) as seen_at,
        cast(null as timestamp) as listed_at
    from posts
    where user_id is not null
    group by source, user_id

)

select * from listed
union all
select
    authors.source,
    authors.member_id,
    -- One name an account: that of the list.
    case when listed.member_id is null then authors.member_name end as member_name,
    authors.is_bot,
    authors.is_official,
    authors.joined_at,
    authors.seen_at,
    authors.listed_at
from authors
left join listed
    on authors.source = listed.source
    and authors.member_id = listed.member_id
