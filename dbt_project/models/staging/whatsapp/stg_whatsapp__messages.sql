with source as (

    {{ lake_rows('whatsapp_messages') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        account_name,
        place,
        text_length,
        content_type,
        event_type,
        about_names
    from source

)

select * from renamed
