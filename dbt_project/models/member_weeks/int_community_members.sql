-- A person joined when the first of their accounts did; a bot or official account makes the whole person one. Of accounts
-- that joined at one instant, one that is known to have done so is the first.
select
    source,
    member_id,
    bool_and(is_same_in_all) as is_same_in_all,
    min_by(member_name, row(joined_at, account_id)) filter (where member_name is not null) as member_name,
    bool_or(is_bot) or bool_or(is_official) as is_excluded,
    min(joined_at) as joined_at,
    min_by(joined_at_is_inferred, row(joined_at, joined_at_is_inferred)) as joined_at_is_inferred,
    min(joined_date) as joined_date,
    min(joined_week) as joined_week
from {{ ref('int_participants') }}
group by source, member_id
