-- Which exports hold the files whose rows the lake has: the one that they were read in, and whichever has them unchanged.
with files as (

    select
        files.source,
        files.export_name,
        files.loaded_at,
        files.file_name,
        files.sha256,
        files.is_loaded,
        files.is_opened,
        exports.export_number
    from {{ ref('int_export_files') }} as files
    inner join {{ ref('int_exports') }} as exports
        on files.source = exports.source
        and files.export_name = exports.export_name
        and files.loaded_at = exports.loaded_at

),

-- Of an archive within an export that stays the same, the later export names the archive alone.
packed as (

    select
        files.source,
        files.file_name,
        files.sha256,
        archives.file_name as archive_name,
        archives.sha256 as archive_sha256
    from files
    inner join files as archives
        on files.source = archives.source
        and files.export_number = archives.export_number
        and starts_with(files.file_name, archives.file_name || '/')
    where archives.is_opened

),

held as (

    select
        source,
        file_name,
        sha256,
        export_number
    from files

    union distinct

    select
        packed.source,
        packed.file_name,
        packed.sha256,
        archives.export_number
    from packed
    inner join files as archives
        on packed.source = archives.source
        and packed.archive_name = archives.file_name
        and packed.archive_sha256 = archives.sha256

)

select
    files.source,
    files.export_name,
    files.loaded_at,
    files.file_name,
    held.export_number
from files
inner join held
    on files.source = held.source
    and files.file_name = held.file_name
    and files.sha256 = held.sha256
where files.is_loaded
