-- A message is known by its id; the version in the later export holds. In an archive a moved topic leaves copies behind: of
-- those in the latest archive the one in the file that is last by name holds, however long that file has been there.
with exports as (

    select * from {{ ref('int_exports') }}

),

-- Whom a message is for is said in realm.json; where that is missing, only streams have topics.
recipients as (

    select recipients.*
    from {{ ref('stg_zulip__recipients') }} as recipients
    inner join exports
        on recipients.source = exports.source
        and recipients.export_name = exports.export_name
        and recipients.loaded_at = exports.loaded_at
    qualify row_number() over (
        partition by recipients.source, recipients.recipient_id
        order by exports.export_number desc, recipients.file_name desc, recipients.row_number_in_file desc
    ) = 1

),

-- In a public archive accounts are names, in an organization's own export numbers.
archived as (

    select
        source,
        export_name,
        file_name,
        row_number_in_file,
        loaded_at,
        occurred_at,
        message_id,
        sender_full_name as native_id,
        sender_full_name as sender_name,
        stream_id as container_id,
        topic,
        false as is_direct,
        cast(null as varchar) as addressee_id,
        content_type,
        cast(null as timestamp) as dated_at
    from {{ ref('stg_zulip__messages') }}

),

exported as (

    select
        messages.source,
        messages.export_name,
        messages.file_name,
        messages.row_number_in_file,
        messages.loaded_at,
        messages.occurred_at,
        messages.message_id,
        cast(messages.sender_id as varchar) as native_id,
        cast(null as varchar) as sender_name,
        case
            when recipients.is_stream then cast(recipients.stream_or_user_id as varchar)
            else 'recipient/' || cast(messages.recipient_id as varchar)
        end as container_id,
        messages.topic,
        not coalesce(recipients.is_stream, messages.topic not in ('', chr(7))) as is_direct,
        case when recipients.is_user then cast(recipients.stream_or_user_id as varchar) end as addressee_id,
        messages.content_type,
        messages.occurred_at as dated_at
    from {{ ref('stg_zulip__server_messages') }} as messages
    left join recipients
        on messages.source = recipients.source
        and messages.recipient_id = recipients.recipient_id

),

messages as (

    select * from archived
    union all
    select * from exported

),

versions as (

    {{ versions_of('messages', age='dated_at', folders_up=1) }}

),

latest as (

    select *
    from versions
    qualify row_number() over (
        partition by source, message_id
        order by last_export_number desc, file_last_at desc nulls last, file_name desc, row_number_in_file desc
    ) = 1

)

select
    source,
    message_id,
    occurred_at,
    native_id,
    sender_name,
    container_id,
    topic,
    is_direct,
    addressee_id,
    content_type,
    -- Ids grow with time: the lowest of a topic is its first message.
    case
        when not is_direct then min(message_id) over (partition by source, container_id, topic, is_direct)
    end as first_message_id
from latest
