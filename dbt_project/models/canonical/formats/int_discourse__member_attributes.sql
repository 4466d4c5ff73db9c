select
    source,
    source || ':' || user_id as member_id,
    'trust_level' as attribute,
    cast(trust_level as varchar) as value
from {{ ref('int_discourse__users') }}
where trust_level is not null
