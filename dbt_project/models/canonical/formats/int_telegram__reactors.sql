-- Of a reaction the latest users are exported, with the instant; one without a usable instant takes its message's. Whom an
-- earlier export names, and a later one does not, reacted all the same, unless a later list is whole.
with versions as (

    select * from {{ ref('int_telegram__message_versions') }}

),

given as (

    select
        source,
        content_id,
        version_age,
        export_number,
        unnest(reactions) as reaction
    from versions

),

emojis as (

    select
        source,
        content_id,
        version_age,
        reaction.emoji,
        sum(reaction.quantity) as quantity,
        sum(len(list_distinct(list_transform(reaction.users, lambda one: one.account_id)))) as named
    from given
    group by all

),

-- A list is whole that names as many as are counted: whoever is no longer in it has withdrawn the reaction. So is that of
-- a version without the emoji.
whole_lists as (

    select
        every_emoji.source,
        every_emoji.content_id,
        every_emoji.emoji,
        min(versions.version_age) as version_age
    from (select distinct source, content_id, emoji from emojis) as every_emoji
    inner join versions
        on every_emoji.source = versions.source
        and every_emoji.content_id = versions.content_id
    left join emojis
        on versions.source = emojis.source
        and versions.content_id = emojis.content_id
        and versions.version_age = emojis.version_age
        and every_emoji.emoji = emojis.emoji
    where coalesce(emojis.named, 0) >= coalesce(emojis.quantity, 0)
    group by all

),

named as (

    select
        source,
        content_id,
        version_age,
        export_number,
        reaction.emoji,
        unnest(reaction.users) as reactor
    from given

),

reactors as (

    select *
    from named
    qualify row_number() over (
        partition by source, content_id, emoji, reactor.account_id
        order by version_age, reactor.reacted_at nulls last, reactor.account_name
    ) = 1

)

select
    reactors.source,
    messages.chat_id,
    reactors.content_id,
    messages.account_id as author_id,
    reactors.export_number,
    reactors.emoji,
    reactors.reactor.account_id,
    reactors.reactor.account_name,
    coalesce(reactors.version_age > whole_lists.version_age, false) as is_withdrawn,
    -- The computer's own time may be an hour off where the clocks changed: no reaction comes before its message.
    greatest(coalesce(reactors.reactor.reacted_at, messages.occurred_at), messages.occurred_at) as occurred_at,
    case when reactors.reactor.reacted_at is null then 'inherited' else 'exact' end as time_precision
from reactors
inner join {{ ref('int_telegram__messages') }} as messages
    on reactors.source = messages.source
    and reactors.content_id = messages.content_id
left join whole_lists
    on reactors.source = whole_lists.source
    and reactors.content_id = whole_lists.content_id
    and reactors.emoji = whole_lists.emoji
