with source as (

    {{ lake_rows('discourse_users') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        user_id,
        username,
        joined_at,
        trust_level,
        is_official
    from source

)

select * from renamed
