with source as (

    {{ lake_rows('discourse_posts') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        updated_at,
        post_id,
        topic_id,
        post_number,
        reply_to_post_number,
        category_id,
        post_type = 1 as is_act,
        is_private,
        user_id,
        username,
        is_official,
        content_length,
        content_type,
        -- Both tell of the same likes, so they are never added; reactions also tell of the other emojis.
        coalesce(nullif(reactions, 0), likes, 0) as reactions
    from source

)

select * from renamed
