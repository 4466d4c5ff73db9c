with source as (

    {{ lake_rows('stackexchange_comments') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        comment_id,
        post_id,
        user_id
    from source

)

select * from renamed
