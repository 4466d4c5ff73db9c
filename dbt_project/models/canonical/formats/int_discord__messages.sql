-- A message is known by its channel and id; the version in the later export holds, with the reactions it has there.
with versions as (

    {{ versions_of(ref('stg_discord__messages'), age='occurred_at') }}

),

latest as (

    select *
    from versions
    qualify {{ latest_version("source, channel_id, message_id", "file_last_at") }}

),

-- A thread has the id of the message it starts from: its own first message in a forum, else one of the channel above.
own_starters as (

    select
        source,
        channel_id
    from latest
    where is_thread and message_id = channel_id

)

select
    latest.source,
    latest.channel_id,
    latest.message_id,
    latest.channel_id || '/' || latest.message_id as content_id,
    latest.occurred_at,
    latest.message_type,
    latest.author_id,
    latest.author_name,
    latest.is_bot,
    latest.is_official,
    latest.content_type,
    latest.mentions,
    latest.reactions,
    latest.message_type in ('Default', 'Reply') as is_act,
    latest.is_direct,
    latest.is_direct_group,
    latest.is_forwarded,
    case
        when latest.reference_message_id is not null and (latest.message_type = 'Reply' or latest.is_forwarded)
            then latest.reference_channel_id || '/' || latest.reference_message_id
        when latest.is_thread and latest.message_id <> latest.channel_id
            then case
                when own_starters.channel_id is not null then latest.channel_id
                else coalesce(latest.parent_channel_id, latest.channel_id)
            end || '/' || latest.channel_id
    end as parent_id,
    latest.last_export_number as export_number
from latest
left join own_starters
    on latest.source = own_starters.source
    and latest.channel_id = own_starters.channel_id
