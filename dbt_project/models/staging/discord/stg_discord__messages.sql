-- Discord hands the messages of many deleted accounts to one account, which is nobody.
{%- set deleted = "'456226577798135808'" %}
with source as (

    {{ lake_rows('discord_messages') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        _at as occurred_at,
        channel_id,
        parent_channel_id,
        message_id,
        -- The exporter writes kinds that it does not know as Discord's numbers.
        case type when '0' then 'Default' when '7' then 'GuildMemberJoin' when '19' then 'Reply' else type end as message_type,
        nullif(author_id, {{ deleted }}) as author_id,
        author_name,
        is_bot,
        is_official,
        text_length,
        content_type,
        coalesce(reference_type, '') = 'Forward' as is_forwarded,
        coalesce(reference_channel_id, channel_id) as reference_channel_id,
        reference_message_id,
        list_filter(mentions, lambda one: one.user_id is distinct from {{ deleted }}) as mentions,
        list_transform(reactions, lambda given: struct_pack(
            emoji := given.emoji,
            quantity := given.quantity,
            users := list_filter(given.users, lambda one: one.user_id <> {{ deleted }})
        )) as reactions,
        coalesce(channel_type, '') in ('DirectTextChat', 'DirectGroupTextChat') as is_direct,
        coalesce(channel_type, '') = 'DirectGroupTextChat' as is_direct_group,
        coalesce(channel_type, '') in ('GuildNewsThread', 'GuildPublicThread', 'GuildPrivateThread') as is_thread
    from source

)

select * from renamed
