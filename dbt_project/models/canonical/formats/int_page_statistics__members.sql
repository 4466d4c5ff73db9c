-- Followers are a number; the only accounts that can be seen are the pages themselves.
select
    source,
    account_id as member_id,
    true as is_official,
    false as is_bot,
    cast(min("day") as timestamp) as seen_at
from {{ ref('int_page_statistics__account_statistics') }}
group by source, account_id
