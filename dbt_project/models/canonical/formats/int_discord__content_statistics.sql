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

{{ unnamed_reactions('unnamed', 'author_id') }}
