-- A thread is watched for 24 hours, and counts in the week in which they have passed.
with settings as (

    select * from {{ source('control', 'settings') }}

),

-- Most accounts are nobody's bot, no official and somebody's only one: those need no looking up.
notable_accounts as (

    select *
    from {{ ref('int_accounts') }}
    where person_is_bot
        or person_is_official
        or person_id <> account_id

),

posts as (

    select
        interactions.source,
        interactions.interaction_id,
        interactions.member_id,
        coalesce(accounts.person_id, interactions.member_id) as person_id,
        interactions.occurred_at as opened_at,
        {{ dbt.dateadd('hour', 24, 'interactions.occurred_at') }} as watched_until,
        coalesce(interactions.thread_id, interactions.content_id) as thread_id
    from {{ ref('int_interactions') }} as interactions
    -- Where nobody can see what replies to what, no thread is unanswered.
    inner join {{ source('control', 'sources') }} as sources on interactions.source = sources.source
    left join notable_accounts as accounts on interactions.member_id = accounts.account_id
    where interactions.interaction_type = 'post'
        and interactions.member_id is not null
        and sources.observes_threads
        and not coalesce(accounts.is_bot or accounts.is_official, false)

),

-- A reply that names no thread is in that of what it replies to. Only such replies are looked up.
placed_replies as (

    select source, member_id, occurred_at, thread_id
    from {{ ref('int_interactions') }}
    where interaction_type = 'reply'
        and thread_id is not null

    union all

    select
        interactions.source,
        interactions.member_id,
        interactions.occurred_at,
        coalesce(parents.thread_id, interactions.parent_id) as thread_id
    from {{ ref('int_interactions') }} as interactions
    left join {{ ref('int_contents') }} as parents
        on interactions.source = parents.source
        and interactions.parent_id = parents.content_id
    where interactions.interaction_type = 'reply'
        and interactions.thread_id is null

),

replies as (

    select
        placed_replies.source,
        placed_replies.thread_id,
        placed_replies.member_id,
        placed_replies.occurred_at,
        coalesce(accounts.person_id, placed_replies.member_id) as person_id,
        coalesce(accounts.is_official, false) as is_official,
        coalesce(accounts.person_is_bot, false) as person_is_bot,
        coalesce(accounts.person_is_official, false) as person_is_official
    from placed_replies
    left join notable_accounts as accounts on placed_replies.member_id = accounts.account_id
    where placed_replies.member_id is not null
        and not coalesce(accounts.is_bot, false)

),

responses as (

    select
        posts.interaction_id,
        replies.occurred_at,
        replies.is_official,
        replies.person_is_official,
        replies.member_id <> posts.member_id as is_response,
        replies.person_id <> posts.person_id and not replies.person_is_bot as is_response_in_all
    from posts
    inner join replies
        on posts.source = replies.source
        and posts.thread_id = replies.thread_id
        and posts.opened_at <= replies.occurred_at
        and replies.occurred_at < posts.watched_until

),

first_responses as (

    select
        interaction_id,
        min(case when is_response then occurred_at end) as first_response_at,
        min(case when is_response_in_all then occurred_at end) as first_response_in_all_at,
        max(case when is_response and is_official then 1 else 0 end) = 1 as is_answered_by_official,
        max(case when is_response_in_all and person_is_official then 1 else 0 end) = 1 as is_answered_by_official_in_all
    from responses
    group by interaction_id

),

dated as (

    select
        posts.*,
        cast({{ local_time('posts.watched_until', 'settings.timezone') }} as date) as watched_until_date,
        settings.week_anchor
    from posts
    cross join settings

)

select
    dated.source,
    dated.interaction_id,
    dated.member_id,
    dated.person_id,
    dated.opened_at,
    {{ week_of('dated.watched_until_date', 'dated.week_anchor') }} as week_start,
    first_responses.first_response_at,
    first_responses.first_response_in_all_at,
    coalesce(first_responses.is_answered_by_official, false) as is_answered_by_official,
    coalesce(first_responses.is_answered_by_official_in_all, false) as is_answered_by_official_in_all
from dated
left join first_responses on dated.interaction_id = first_responses.interaction_id
