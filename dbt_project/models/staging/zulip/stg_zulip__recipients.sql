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
        id as recipient_id,
        -- 1 is one account, 2 a stream, 3 a group of accounts.
        recipient_type = 2 as is_stream,
        type_id as stream_or_user_id,
        recipient_type = 1 as is_user
    from source
    where kind = 'recipient'

)

select * from renamed
