with source as (

    {{ lake_rows('table_members') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        member as native_id,
        member_name,
        joined_at,
        left_at,
        is_bot,
        is_official,
        attributes
    from source

)

select * from renamed
