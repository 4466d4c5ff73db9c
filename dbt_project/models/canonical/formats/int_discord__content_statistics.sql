-- Reactions that are counted without saying whose they are: all of them in exports of old versions.
with reactions as (

    select
        source,
        content_id,
        author_id,
        occurred_at,
        unnest(reactions) as reaction
    from {{ ref('int_discord__messages') }}

),

unnamed as (

    select
        source,
        content_id,
        author_id,
        occurred_at,
        reaction.quantity - coalesce(len(reaction.users), 0) as quantity
    from reactions

)

select
    source,
    content_id,
    -- What is no content (an answer to a command) tells of no author, and may be a bot's.
    source || ':' || author_id as target_member_id,
    'reaction' as statistic,
    cast(sum(quantity) as bigint) as quantity,
    occurred_at,
    'inherited' as time_precision
from unnamed
where quantity > 0
group by source, content_id, author_id, occurred_at
