with held as (

    select
        source,
        export_name,
        loaded_at,
        file_name,
        max(export_number) as last_export_number
    from {{ ref('int_held_files') }}
    group by source, export_name, loaded_at, file_name

)

select
    held.source,
    held.export_name,
    held.loaded_at,
    held.file_name,
    exports.export_number,
    held.last_export_number
from held
inner join {{ ref('int_exports') }} as exports
    on held.source = exports.source
    and held.export_name = exports.export_name
    and held.loaded_at = exports.loaded_at
