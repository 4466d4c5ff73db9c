with source as (

    {{ lake_rows('slack_channels') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        channel_id,
        channel_name
    from source

)

select * from renamed
