select
    source,
    source || ':' || user_id as member_id,
    export_name,
    file_name,
    loaded_at,
    -- Of a deleted account nothing is left in the list.
    false as has_left
from {{ ref('stg_discourse__users') }}
