-- What content receives. A reply is received by what it replies to, not by itself.
with acts as (

    select
        source,
        case when interaction_type = 'reply' then parent_id else coalesce(parent_id, content_id) end as content_id,
        target_member_id,
        member_id as actor_id,
        interaction_type as engagement_type,
        1 as quantity,
        occurred_at,
        week_start
    from {{ ref('int_interactions') }}
    where interaction_type in ('reaction', 'reply', 'share', 'view')

),

numbers as (

    select
        source,
        content_id,
        target_member_id,
        cast(null as varchar) as actor_id,
        statistic as engagement_type,
        quantity,
        occurred_at,
        week_start
    from {{ ref('int_content_statistics') }}

),

received as (

    select * from acts
    union all
    select * from numbers

),

authored as (

    select
        received.source,
        received.content_id,
        contents.content_type,
        coalesce(contents.member_id, received.target_member_id) as author_id,
        received.actor_id,
        received.engagement_type,
        received.quantity,
        received.occurred_at,
        received.week_start
    from received
    left join {{ ref('int_contents') }} as contents
        on received.source = contents.source
        and received.content_id = contents.content_id

),

-- Most accounts are nobody's bot and somebody's only one: those need no looking up.
notable_accounts as (

    select account_id, is_bot, person_id, person_is_bot
    from {{ ref('int_accounts') }}
    where person_is_bot
        or person_id <> account_id

)

select
    authored.source,
    authored.content_id,
    authored.content_type,
    authored.author_id,
    authored.actor_id,
    authored.engagement_type,
    authored.quantity,
    authored.occurred_at,
    authored.week_start,
    coalesce(authors.person_id, authored.author_id) as author_person_id,
    -- What a bot makes or does is no engagement, nor is what somebody gives to their own. Of nobody known neither is known.
    not coalesce(authors.is_bot, false)
        and not coalesce(actors.is_bot, false)
        and coalesce(authored.author_id <> authored.actor_id, true) as is_received,
    not coalesce(authors.person_is_bot, false)
        and not coalesce(actors.person_is_bot, false)
        and coalesce(
            coalesce(authors.person_id, authored.author_id) <> coalesce(actors.person_id, authored.actor_id), true
        ) as is_received_in_all
from authored
left join notable_accounts as authors on authored.author_id = authors.account_id
left join notable_accounts as actors on authored.actor_id = actors.account_id
