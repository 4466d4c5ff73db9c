with source as (

    {{ lake_rows('telegram_messages') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        chat_id,
        chat_type,
        message_id,
        action,
        account_id,
        account_name,
        chat_id || '/' || message_id as content_id,
        reply_to_chat_id || '/' || reply_to_message_id as replied_content_id,
        is_forwarded,
        text_length,
        content_type,
        member_names,
        reactions,
        -- Notes to oneself are said to nobody, and codes to log in by nobody.
        type = 'message' and coalesce(chat_type, '') not in ('saved_messages', 'verification_codes') as is_act,
        coalesce(chat_type, '') in ('personal_chat', 'bot_chat', 'saved_messages', 'replies', 'verification_codes')
            as is_direct,
        coalesce(chat_type = 'bot_chat' and account_id = 'user' || chat_id, false) as is_bot
    from source

)

select * from renamed
