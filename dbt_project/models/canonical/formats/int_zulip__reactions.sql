-- The reactions of a message are those of the latest realm.json that was exported along with it: what a later export no
-- longer has was withdrawn. A message that no realm.json lies beside has those of all.
with files as (

    select
        files.source,
        files.file_name,
        {{ folder_of('files.file_name', 1) }} as folder,
        files.sha256,
        files.export_name,
        files.loaded_at,
        files.is_loaded,
        exports.export_number
    from {{ ref('int_export_files') }} as files
    inner join {{ ref('int_exports') }} as exports
        on files.source = exports.source
        and files.export_name = exports.export_name
        and files.loaded_at = exports.loaded_at
    where files.is_readable

),

realms as (

    select * from files
    where file_name = 'realm.json' or file_name like '%/realm.json'

),

-- A file that stays the same is loaded once, and in later exports all the same.
held as (

    select
        loaded.source,
        loaded.export_name,
        loaded.loaded_at,
        loaded.file_name,
        loaded.folder,
        max(files.export_number) as export_number
    from files as loaded
    inner join files
        on loaded.source = files.source
        and loaded.file_name = files.file_name
        and loaded.sha256 = files.sha256
    inner join realms
        on files.source = realms.source
        and files.export_number = realms.export_number
        and files.folder = realms.folder
    where loaded.is_loaded
    group by all

),

messages as (

    select
        messages.source,
        messages.message_id,
        held.export_number,
        held.folder,
        messages.file_name,
        {{ file_last_at('messages', 'occurred_at', folders_up=1) }} as file_last_at
    from {{ ref('stg_zulip__server_messages') }} as messages
    inner join held
        on messages.source = held.source
        and messages.export_name = held.export_name
        and messages.loaded_at = held.loaded_at
        and messages.file_name = held.file_name

),

latest as (

    select *
    from messages
    qualify row_number() over (
        partition by source, message_id
        order by export_number desc, file_last_at desc nulls last, file_name desc
    ) = 1

),

reactions as (

    select
        reactions.source,
        reactions.message_id,
        reactions.user_id,
        reactions.emoji,
        realms.export_number,
        realms.folder
    from {{ ref('stg_zulip__reactions') }} as reactions
    inner join realms as loaded
        on reactions.source = loaded.source
        and reactions.export_name = loaded.export_name
        and reactions.loaded_at = loaded.loaded_at
        and reactions.file_name = loaded.file_name
    inner join realms
        on loaded.source = realms.source
        and loaded.file_name = realms.file_name
        and loaded.sha256 = realms.sha256

)

select distinct
    reactions.source,
    reactions.message_id,
    reactions.user_id,
    reactions.emoji
from reactions
left join latest
    on reactions.source = latest.source
    and reactions.message_id = latest.message_id
where latest.message_id is null
    or (reactions.export_number = latest.export_number and reactions.folder = latest.folder)
