with source as (

    {{ lake_rows('mastodon_activities') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        activity_id,
        activity_type,
        actor,
        object_id,
        object_type,
        in_reply_to,
        conversation,
        is_public,
        is_official,
        text_length,
        media_types
    from source

)

select * from renamed
