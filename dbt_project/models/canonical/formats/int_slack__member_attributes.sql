select
    source,
    source || ':' || user_id as member_id,
    'timezone' as attribute,
    timezone as value
from {{ ref('int_slack__users') }}
where timezone is not null
