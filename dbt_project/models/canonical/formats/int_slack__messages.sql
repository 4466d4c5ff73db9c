-- A message is known by its channel, however that was called at the time, and `ts`; the version in the later export
-- holds, with the reactions it has there.
with versions as (

    {{ versions_of(ref('stg_slack__messages'), age='occurred_at', folders_up=2) }}

),

users as (

    select * from {{ ref('int_slack__users') }}

),

channels as (

    select * from {{ ref('int_slack__channels') }}

),

placed as (

    select
        versions.* exclude (channel),
        channels.channel
    from versions
    inner join channels
        on versions.source = channels.source
        and versions.export_number = channels.export_number
        and {{ folder_of('versions.file_name', 2) }} = channels.place
        and versions.channel = channels.folder

),

latest as (

    select *
    from placed
    qualify {{ latest_version("source, channel, ts", "file_last_at") }}

)

select
    latest.source,
    latest.channel,
    latest.ts,
    latest.occurred_at,
    latest.user_id,
    latest.subtype,
    latest.thread_ts,
    latest.parent_user_id,
    latest.mimetypes,
    latest.has_link,
    latest.reactions,
    latest.is_act,
    latest.is_direct,
    -- A message posted through a bot is the bot's act, also when it bears a person's user id.
    coalesce(latest.bot_id, latest.user_id) as actor_id,
    latest.bot_id is not null
        or coalesce(latest.user_id, '') = 'USLACKBOT'
        or coalesce(users.is_bot, false) as is_by_bot
from latest
left join users
    on latest.source = users.source
    and latest.user_id = users.user_id
