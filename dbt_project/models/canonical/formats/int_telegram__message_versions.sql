{#- What Telegram Desktop adds to the ids of a group from before it became a supergroup. -#}
{%- set shift = -1000000000 -%}
with versions as (

    {{ versions_of(ref('stg_telegram__messages'), age='occurred_at') }}

),

-- A group that became a supergroup is another chat, whose exports hold what was said before under other ids. It is told
-- by a message that both hold: there is no word of the other's id.
moved_chats as (

    select distinct
        befores.source,
        befores.chat_id as former_chat_id,
        versions.chat_id
    from versions
    inner join versions as befores
        on versions.source = befores.source
        and versions.message_id = befores.message_id + {{ shift }}
        and versions.occurred_at = befores.occurred_at
        and versions.account_id = befores.account_id
        and versions.chat_id <> befores.chat_id
    where versions.message_id < 0
        and befores.message_id > 0
    qualify row_number() over (
        partition by befores.source, befores.chat_id
        order by versions.chat_id
    ) = 1

),

placed as (

    select
        versions.* exclude (chat_id, content_id, replied_content_id),
        coalesce(moved_chats.chat_id, versions.chat_id) as chat_id,
        coalesce(
            moved_chats.chat_id || '/' || (versions.message_id + {{ shift }}), versions.content_id
        ) as content_id,
        case
            when starts_with(versions.replied_content_id, moved_chats.former_chat_id || '/')
                then moved_chats.chat_id || '/'
                    || (cast(regexp_extract(versions.replied_content_id, '-?\d+$') as bigint) + {{ shift }})
            else versions.replied_content_id
        end as replied_content_id
    from versions
    left join moved_chats
        on versions.source = moved_chats.source
        and versions.chat_id = moved_chats.former_chat_id

)

select
    source,
    chat_id,
    content_id,
    occurred_at,
    action,
    account_id,
    account_name,
    is_bot,
    content_type,
    member_names,
    reactions,
    is_act,
    is_direct,
    is_forwarded,
    replied_content_id,
    last_export_number as export_number,
    row_number() over (
        partition by source, content_id
        order by {{ version_order("file_last_at") }}
    ) as version_age
from placed
