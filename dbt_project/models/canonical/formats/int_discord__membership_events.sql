-- Joining a server is told where a channel announces it; in a private group, whoever is added joins it. Being added to
-- a thread is no joining.
with messages as (

    select * from {{ ref('int_discord__messages') }}

),

joins as (

    select
        source,
        author_id as user_id,
        occurred_at,
        'join' as event_type
    from messages
    where message_type = 'GuildMemberJoin' and author_id is not null

),

recipients as (

    select
        source,
        author_id,
        occurred_at,
        message_type,
        unnest(mentions) as mentioned
    from messages
    where is_direct_group and message_type in ('RecipientAdd', 'RecipientRemove')

),

changes as (

    select
        source,
        mentioned.user_id,
        occurred_at,
        case message_type when 'RecipientAdd' then 'join' else 'leave' end as event_type
    from recipients

    union all

    -- Somebody who goes is named by the message as its author; whoever else is named was made to go.
    select
        source,
        mentioned.user_id,
        occurred_at,
        'removed' as event_type
    from recipients
    where message_type = 'RecipientRemove' and mentioned.user_id is not null and mentioned.user_id is distinct from author_id

),

events as (

    select * from joins
    union all
    select * from changes
    where user_id is not null

)

select distinct
    source,
    source || ':' || user_id as member_id,
    occurred_at,
    event_type,
    false as is_inferred
from events
