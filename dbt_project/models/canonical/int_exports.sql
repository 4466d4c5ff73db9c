-- Later export: the one whose newest instant is later; then the one loaded later; then by name.
with ledger as (

    {{ ledger_rows('exports') }}

),

numbered as (

    select
        source,
        export as export_name,
        loaded_at,
        first_at,
        last_at,
        has_member_list,
        -- What it does not list may have stood in what could not be read.
        case when has_member_list or unreadable_files = 0 then last_at end as listed_until,
        row_number() over (
            partition by source
            order by last_at asc nulls first, loaded_at, export
        ) as export_number
    from ledger

)

select
    source,
    export_name,
    loaded_at,
    first_at,
    last_at,
    has_member_list,
    export_number,
    max(listed_until) over (
        partition by source
        order by export_number
        rows between unbounded preceding and 1 preceding
    ) as previous_last_at
from numbered
