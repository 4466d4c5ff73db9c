-- The same line of a statistic in several exports is one; the later export's figures hold.
with versions as (

    select
        figures.*,
        exports.export_number
    from {{ ref('stg_page_statistics__figures') }} as figures
    inner join {{ ref('int_exports') }} as exports
        on figures.source = exports.source
        and figures.export_name = exports.export_name
        and figures.loaded_at = exports.loaded_at

)

select *
from versions
qualify {{ latest_version("source, account, content, stat_date, as_of, slice, is_total") }}
