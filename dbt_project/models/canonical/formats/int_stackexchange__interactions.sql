with posts as (

    select * from {{ ref('int_stackexchange__posts') }}

),

questions_and_answers as (

    select
        posts.source,
        posts.source || ':posts/' || posts.post_id as interaction_id,
        posts.source || ':' || posts.user_id as member_id,
        posts.occurred_at,
        case when posts.post_type_id = 1 then 'post' else 'reply' end as interaction_type,
        cast(null as varchar) as container_id,
        'posts/' || posts.post_id as content_id,
        case when posts.post_type_id = 2 then 'posts/' || posts.parent_id end as parent_id,
        'posts/' || posts.question_id as thread_id,
        case when posts.post_type_id = 2 then posts.source || ':' || questions.user_id end as target_member_id,
        'text' as content_type,
        'exact' as time_precision
    from posts
    left join posts as questions
        on posts.source = questions.source
        and posts.parent_id = questions.post_id
    where posts.post_type_id in (1, 2)

),

comments as (

    select
        comments.source,
        comments.source || ':comments/' || comments.comment_id as interaction_id,
        comments.source || ':' || comments.user_id as member_id,
        comments.occurred_at,
        'reply' as interaction_type,
        cast(null as varchar) as container_id,
        'comments/' || comments.comment_id as content_id,
        'posts/' || comments.post_id as parent_id,
        'posts/' || coalesce(posts.question_id, comments.post_id) as thread_id,
        comments.source || ':' || posts.user_id as target_member_id,
        'text' as content_type,
        'exact' as time_precision
    from {{ ref('int_stackexchange__comments') }} as comments
    left join posts
        on comments.source = posts.source
        and comments.post_id = posts.post_id

),

-- Who joined on the day of the vote cannot have voted before: without this, day precision would put the vote, and with
-- it the joining, at the midnight before.
votes as (

    select
        votes.source,
        votes.source || ':votes/' || votes.vote_id as interaction_id,
        votes.source || ':' || votes.user_id as member_id,
        case
            when cast(users.joined_at as date) = cast(votes.occurred_at as date)
                then greatest(users.joined_at, votes.occurred_at)
            else votes.occurred_at
        end as occurred_at,
        'reaction' as interaction_type,
        cast(null as varchar) as container_id,
        'posts/' || votes.post_id as content_id,
        'posts/' || votes.post_id as parent_id,
        'posts/' || coalesce(posts.question_id, votes.post_id) as thread_id,
        votes.source || ':' || posts.user_id as target_member_id,
        cast(null as varchar) as content_type,
        'day' as time_precision
    from {{ ref('int_stackexchange__votes') }} as votes
    left join posts
        on votes.source = posts.source
        and votes.post_id = posts.post_id
    left join {{ ref('int_stackexchange__users') }} as users
        on votes.source = users.source
        and votes.user_id = users.user_id
    where votes.user_id is not null

)

select * from questions_and_answers
union all
select * from comments
union all
select * from votes
