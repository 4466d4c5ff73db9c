with source as (

    {{ lake_rows('zulip_realm') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        user_id,
        message_id,
        emoji
    from source
    where kind = 'reaction'

)

select * from renamed
