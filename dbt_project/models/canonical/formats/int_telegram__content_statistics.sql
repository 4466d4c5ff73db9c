-- Reactions beyond those of the users whom this export or an earlier one names.
with reactions as (

    select
        source,
        content_id,
        account_id,
        occurred_at,
        unnest(reactions) as reaction
    from {{ ref('int_telegram__messages') }}

),

counted as (

    select
        source,
        content_id,
        account_id,
        occurred_at,
        reaction.emoji,
        sum(reaction.quantity) as quantity
    from reactions
    group by all

),

named as (

    select
        source,
        content_id,
        emoji,
        count(*) as quantity
    from {{ ref('int_telegram__reactors') }}
    where not is_withdrawn
    group by source, content_id, emoji

),

unnamed as (

    select
        counted.source,
        counted.content_id,
        counted.account_id,
        counted.occurred_at,
        counted.quantity - coalesce(named.quantity, 0) as quantity
    from counted
    left join named
        on counted.source = named.source
        and counted.content_id = named.content_id
        and counted.emoji = named.emoji

)

{{ unnamed_reactions('unnamed', 'account_id') }}
