-- There is no member list. Those who are known by name alone, because they were invited and never wrote, are members too:
-- they come from the membership events.
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
