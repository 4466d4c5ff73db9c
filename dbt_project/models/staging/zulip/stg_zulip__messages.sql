with source as (

    {{ lake_rows('zulip_messages') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        stream,
        -- The folder begins with the stream's number, which stays when the stream is renamed.
        coalesce(nullif(regexp_extract(stream, '^[0-9]+'), ''), stream) as stream_id,
        topic,
        message_id,
        sender_full_name,
        content_length,
        content_type
    from source

)

select * from renamed
