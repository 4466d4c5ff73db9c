-- There is no member list. Who was invited or removed and is seen nowhere else is known by name alone.
with accounts as (

    select
        source,
        account_id,
        account_name,
        is_official,
        bool_or(is_bot) over (partition by source, account_id) as is_bot,
        min(seen_at) over (partition by source, account_id) as seen_at
    from {{ ref('int_telegram__accounts') }}
    qualify row_number() over (
        partition by source, account_id
        order by account_name is null, export_number desc, account_name
    ) = 1

),

names as (

    select
        source,
        member_id,
        substring(member_id, length(source) + 2) as native_id,
        substring(member_id, length(source) + 7) as member_name,
        min(occurred_at) as seen_at
    from {{ ref('int_telegram__membership_events') }}
    where member_id like source || ':name:%'
    group by source, member_id

)

select
    source,
    source || ':' || account_id as member_id,
    account_id as native_id,
    account_name as member_name,
    is_bot,
    is_official,
    cast(null as timestamp) as joined_at,
    cast(null as timestamp) as listed_at,
    seen_at
from accounts

union all

select
    source,
    member_id,
    native_id,
    member_name,
    false as is_bot,
    false as is_official,
    cast(null as timestamp) as joined_at,
    cast(null as timestamp) as listed_at,
    seen_at
from names
