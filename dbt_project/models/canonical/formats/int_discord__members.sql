-- There is no member list: an account is known by what it writes, by its reactions, and by being added to a conversation.
with messages as (

    select * from {{ ref('int_discord__messages') }}

),

authors as (

    select
        source,
        author_id as user_id,
        author_name as user_name,
        is_bot,
        is_official,
        occurred_at,
        export_number
    from messages
    where author_id is not null

),

reactions as (

    select
        source,
        occurred_at,
        export_number,
        unnest(reactions) as reaction
    from messages

),

reactors as (

    select
        source,
        occurred_at,
        export_number,
        unnest(reaction.users) as reactor
    from reactions

),

added as (

    select
        source,
        occurred_at,
        export_number,
        unnest(mentions) as mentioned
    from messages
    where is_direct_group and message_type in ('RecipientAdd', 'RecipientRemove')

),

sightings as (

    select * from authors
    union all
    select source, reactor.user_id, reactor.user_name, reactor.is_bot, null, occurred_at, export_number from reactors
    union all
    select source, mentioned.user_id, mentioned.user_name, mentioned.is_bot, null, occurred_at, export_number from added
    where mentioned.user_id is not null

),

-- Names and roles are those of the latest export that shows them; the same in all of an export's messages.
latest as (

    select
        *,
        min(occurred_at) over (partition by source, user_id) as seen_at,
        bool_or(is_bot) over (partition by source, user_id) as is_ever_bot
    from sightings
    qualify row_number() over (
        partition by source, user_id
        order by is_official is null, export_number desc, occurred_at desc, is_official desc, user_name
    ) = 1

)

select
    source,
    source || ':' || user_id as member_id,
    user_id as native_id,
    user_name as member_name,
    is_ever_bot as is_bot,
    coalesce(is_official, false) as is_official,
    cast(null as timestamp) as joined_at,
    cast(null as timestamp) as listed_at,
    seen_at
from latest
