-- The same line of a statistic in several exports is one; the later export's figures hold.
with versions as (

    {{ versions_of(ref('stg_page_statistics__figures')) }}

)

select *
from versions
qualify {{ latest_version("source, account, content, stat_date, as_of, slice, is_total") }}
