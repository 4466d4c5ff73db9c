with source as (

    {{ lake_rows('mastodon_actors') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        actor,
        actor_name,
        is_bot,
        is_official,
        joined_at
    from source

)

select * from renamed
