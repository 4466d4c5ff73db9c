with source as (

    {{ lake_rows('slack_users') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        user_id,
        user_name,
        is_bot,
        is_official,
        is_deleted,
        make_timestamp(updated * 1000000) as updated_at,
        nullif(trim(tz), '') as timezone
    from source

)

select * from renamed
