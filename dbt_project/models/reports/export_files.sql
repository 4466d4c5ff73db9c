{{ config(materialized='table') }}

with ledger as (

    {{ ledger_rows('files') }}

)

select
    source,
    file,
    sha256,
    bytes,
    rows_read,
    rows_loaded,
    rows_quarantined,
    first_at,
    last_at,
    loaded_at,
    export,
    outcome,
    reason
from ledger
