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
        _at as occurred_at,
        user_id,
        -- 103 is a deactivation; the others make an account active, for the first time or again.
        case event_type when 103 then 'leave' else 'join' end as event_type,
        is_backfilled
    from source
    where kind = 'event'

)

select * from renamed
