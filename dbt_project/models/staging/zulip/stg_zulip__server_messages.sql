with source as (

    {{ lake_rows('zulip_server_messages') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        recipient_id,
        topic,
        message_id,
        sender_id,
        content_length,
        content_type
    from source

)

select * from renamed
