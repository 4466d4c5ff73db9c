with source as (

    {{ lake_rows('slack_messages') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        channel,
        ts,
        user_id,
        subtype,
        bot_id,
        coalesce(thread_ts, ts) as thread_ts,
        parent_user_id,
        text_length,
        mimetypes,
        coalesce(has_link, false) as has_link,
        reactions,
        -- Every other subtype is the platform talking: no act of a member.
        coalesce(subtype, '') in ('', 'thread_broadcast', 'me_message', 'file_share', 'file_comment') as is_act,
        -- Folders named after a direct-message conversation hold private messages.
        regexp_matches(channel, '^(D[A-Z0-9]{8,}|mpdm-.*)$') as is_direct
    from source

)

select * from renamed
