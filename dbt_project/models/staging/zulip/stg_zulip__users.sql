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
        id as user_id,
        full_name,
        is_bot,
        is_official,
        is_active or kind <> 'user' as is_active,
        kind = 'placeholder' as is_placeholder,
        date_joined as joined_at,
        last_login as last_login_at
    from source
    where kind in ('user', 'placeholder', 'system_bot')

)

select * from renamed
