-- Of a reaction the latest users are exported, with the instant; one without a usable instant takes its message's.
with reactions as (

    select
        source,
        chat_id,
        content_id,
        occurred_at as written_at,
        account_id as author_id,
        export_number,
        unnest(reactions) as reaction
    from {{ ref('int_telegram__messages') }}

),

reactors as (

    select
        source,
        chat_id,
        content_id,
        written_at,
        author_id,
        export_number,
        reaction.emoji,
        unnest(reaction.users) as reactor
    from reactions

)

select
    source,
    chat_id,
    content_id,
    author_id,
    export_number,
    emoji,
    reactor.account_id,
    reactor.account_name,
    -- The computer's own time may be an hour off where the clocks changed: no reaction comes before its message.
    greatest(coalesce(reactor.reacted_at, written_at), written_at) as occurred_at,
    case when reactor.reacted_at is null then 'inherited' else 'exact' end as time_precision
from reactors
qualify row_number() over (
    partition by source, content_id, emoji, reactor.account_id
    order by reactor.reacted_at nulls last, reactor.account_name
) = 1
