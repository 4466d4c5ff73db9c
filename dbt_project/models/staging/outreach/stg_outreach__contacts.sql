with source as (

    {{ lake_rows('outreach_contacts') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as contacted_at,
        member_id,
        play,
        channel
    from source

)

select * from renamed
