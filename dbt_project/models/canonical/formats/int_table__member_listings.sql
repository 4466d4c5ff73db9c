select
    source,
    source || ':' || native_id as member_id,
    export_name,
    file_name,
    loaded_at,
    left_at is not null as has_left
from {{ ref('stg_table__members') }}
