with entries as (

    select
        source,
        member_id,
        {{ json_entries('attributes') }} as entry
    from {{ ref('int_table__members') }}
    where attributes is not null

)

select
    source,
    member_id,
    entry.key as attribute,
    entry.value as value
from entries
