select
    source,
    source || ':' || user_id as member_id,
    user_id as native_id,
    user_name as member_name,
    -- The account that the site itself acts under.
    user_id = '-1' as is_bot,
    false as is_official,
    joined_at,
    cast(null as timestamp) as listed_at,
    cast(null as timestamp) as seen_at
from {{ ref('int_stackexchange__users') }}
