-- Whose archives they are. Accounts that only appear in addresses are strangers from anywhere, and no members.
with versions as (

    {{ versions_of(ref('stg_mastodon__actors')) }}

),

described as (

    select
        source,
        actor,
        actor_name,
        is_bot,
        is_official,
        joined_at,
        cast(null as timestamp) as seen_at
    from versions
    qualify {{ latest_version("source, actor") }}

),

-- Also whose archive holds nothing public, or no actor.json, is a member.
acting as (

    select
        source,
        actor,
        cast(null as varchar) as actor_name,
        false as is_bot,
        bool_or(is_official) as is_official,
        cast(null as timestamp) as joined_at,
        min(occurred_at) as seen_at
    from {{ ref('int_mastodon__activities') }}
    group by source, actor

),

together as (

    select * from described
    union all
    select * from acting

)

select
    source,
    source || ':' || actor as member_id,
    actor as native_id,
    actor_name as member_name,
    is_bot,
    is_official,
    joined_at,
    cast(null as timestamp) as listed_at,
    seen_at
from together
