-- The files that exports hold, read then or known from before by their hash.
with ledger as (

    {{ ledger_rows('files') }}

)

select
    source,
    export as export_name,
    file as file_name,
    sha256,
    loaded_at,
    outcome = 'loaded' as is_loaded,
    outcome = 'opened' as is_opened,
    reason is null as is_readable,
    rows_quarantined,
    coalesce(rows_erased, 0) as rows_erased
from ledger
where outcome in ('loaded', 'known', 'opened', 'unreadable')
