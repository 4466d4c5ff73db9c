-- The reactions of a message are those of the latest realm.json that was exported along with it: what a later export no
-- longer has was withdrawn. A message that no realm.json lies beside has those of all.
with files as (

    select
        *,
        {{ folder_of('file_name', 1) }} as folder
    from {{ ref('int_held_files') }}

),

realms as (

    select * from files
    where file_name = 'realm.json' or file_name like '%/realm.json'

),

held as (

    select
        files.source,
        files.export_name,
        files.loaded_at,
        files.file_name,
        files.folder,
        max(files.export_number) as export_number
    from files
    inner join realms
        on files.source = realms.source
        and files.export_number = realms.export_number
        and files.folder = realms.folder
    group by all

),

messages as (

    select
        messages.source,
        messages.message_id,
        held.export_number,
        held.folder,
        messages.file_name,
        {{ file_last_at('messages', 'occurred_at', 'held.export_number', folders_up=1) }} as file_last_at
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
    inner join realms
        on reactions.source = realms.source
        and reactions.export_name = realms.export_name
        and reactions.loaded_at = realms.loaded_at
        and reactions.file_name = realms.file_name

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
