-- A channel that was renamed has a folder of another name in each export: the lists of channels tell that they are one.
with messages as (

    {{ versions_of(ref('stg_slack__messages')) }}

),

listed as (

    {{ versions_of(ref('stg_slack__channels')) }}

),

listings as (

    select
        source,
        export_number,
        file_name,
        row_number_in_file,
        {{ folder_of('file_name', 1) }} as place,
        channel_id,
        channel_name
    from listed

),

-- What a channel is called in the latest export that lists it.
latest_names as (

    select
        source,
        channel_id,
        channel_name
    from listings
    qualify {{ latest_version("source, channel_id") }}

),

folders as (

    select distinct
        source,
        export_number,
        {{ folder_of('file_name', 2) }} as place,
        channel as folder
    from messages

)

-- Whose folder it is says the list beside it; where that does not, the one of another export, the nearest before it.
select
    folders.source,
    folders.export_number,
    folders.place,
    folders.folder,
    coalesce(latest_names.channel_name, folders.folder) as channel
from folders
left join listings
    on folders.source = listings.source
    and folders.folder = listings.channel_name
left join latest_names
    on listings.source = latest_names.source
    and listings.channel_id = latest_names.channel_id
qualify row_number() over (
    partition by folders.source, folders.export_number, folders.place, folders.folder
    order by
        coalesce(listings.export_number = folders.export_number and listings.place = folders.place, false) desc,
        coalesce(listings.export_number <= folders.export_number, false) desc,
        abs(listings.export_number - folders.export_number),
        listings.file_name desc,
        listings.row_number_in_file desc
) = 1
