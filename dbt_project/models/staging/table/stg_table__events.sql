with source as (

    {{ lake_rows('table_events') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        member as native_id,
        type as event_type,
        id as event_id,
        container as container_id,
        content as content_id,
        parent as parent_id,
        thread as thread_id,
        target as target_native_id,
        content_type,
        time_precision
    from source

)

select * from renamed
