select
    source,
    source || ':' || user_id as member_id,
    export_name,
    file_name,
    loaded_at,
    is_deleted as has_left
from {{ ref('stg_slack__users') }}
