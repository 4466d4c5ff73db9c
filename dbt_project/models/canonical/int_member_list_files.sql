-- The member lists of each source in their order: a list is all member-list files of one export, be they read with it or
-- known from before. Files that are exports by themselves and hold no instant (a glob's members.csv) are one list a
-- pull, of the newest instant that the pull knows.
with listings as (

    {{ union_formats('member_listings') }}

),

files as (

    select * from {{ ref('int_export_files') }}

),

exports as (

    select
        exports.*,
        max(last_at) over (partition by source, loaded_at) as pull_last_at
    from {{ ref('int_exports') }} as exports

),

-- Where the rows of a list file lie; the same file in a later export has none of its own.
read_files as (

    select
        files.source,
        files.file_name,
        files.sha256,
        files.export_name as rows_export_name,
        files.loaded_at as rows_loaded_at,
        files.rows_quarantined - coalesce(files.rows_erased, 0) as rows_in_doubt
    from files
    inner join (select distinct source, export_name, file_name, loaded_at from listings) as listed
        on files.source = listed.source
        and files.export_name = listed.export_name
        and files.file_name = listed.file_name
        and files.loaded_at = listed.loaded_at
    where files.is_loaded
    qualify row_number() over (
        partition by files.source, files.file_name, files.sha256
        order by files.loaded_at desc, files.export_name
    ) = 1

),

pulls_in_doubt as (

    select distinct
        source,
        loaded_at
    from files
    where not is_readable

),

list_files as (

    select
        exports.source,
        case when exports.last_at is null then 0 else exports.export_number end as list_of_export,
        exports.loaded_at,
        coalesce(exports.last_at, exports.pull_last_at) as listed_at,
        exports.previous_last_at,
        exports.has_member_list
        and read_files.rows_in_doubt = 0
        and not (exports.last_at is null and pulls_in_doubt.source is not null) as is_whole,
        read_files.rows_export_name,
        read_files.file_name,
        read_files.rows_loaded_at
    from files
    inner join read_files
        on files.source = read_files.source
        and files.file_name = read_files.file_name
        and files.sha256 = read_files.sha256
    inner join exports
        on files.source = exports.source
        and files.export_name = exports.export_name
        and files.loaded_at = exports.loaded_at
    left join pulls_in_doubt
        on exports.source = pulls_in_doubt.source
        and exports.loaded_at = pulls_in_doubt.loaded_at
    where files.is_readable
        and coalesce(exports.last_at, exports.pull_last_at) is not null

),

lists as (

    select
        source,
        list_of_export,
        loaded_at,
        listed_at,
        -- Of a row that cannot be read nobody knows whom it lists; a list with one in it shows who is there, not who is
        -- missing.
        bool_and(is_whole) as is_whole,
        max(previous_last_at) as previous_last_at,
        row_number() over (partition by source order by listed_at, list_of_export, loaded_at) as list_number
    from list_files
    group by source, list_of_export, loaded_at, listed_at

)

select distinct
    lists.source,
    lists.list_number,
    lists.listed_at,
    -- Of files without an instant, the export before is the list before.
    case
        when lists.list_of_export > 0 then lists.previous_last_at
        else max(lists.listed_at) over (
            partition by lists.source order by lists.list_number range between unbounded preceding and 1 preceding
        )
    end as previous_last_at,
    lists.is_whole,
    list_files.rows_export_name as export_name,
    list_files.file_name,
    list_files.rows_loaded_at as loaded_at
from lists
inner join list_files
    on lists.source = list_files.source
    and lists.list_of_export = list_files.list_of_export
    and lists.loaded_at = list_files.loaded_at
