-- Which message answers which is not exported: each stands for itself.
select
    source,
    source || ':' || content_id as interaction_id,
    source || ':' || account_name as member_id,
    occurred_at,
    'post' as interaction_type,
    cast(null as varchar) as container_id,
    content_id,
    cast(null as varchar) as parent_id,
    cast(null as varchar) as thread_id,
    cast(null as varchar) as target_member_id,
    content_type,
    'exact' as time_precision
from {{ ref('int_whatsapp__messages') }}
