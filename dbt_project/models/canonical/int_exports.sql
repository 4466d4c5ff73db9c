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
    lag(last_at) over (partition by source order by export_number) as previous_last_at
from numbered
