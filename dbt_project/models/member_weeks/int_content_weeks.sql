-- What was made in a week and what was received in it, by the type of content. Bots neither make nor give anything here.
with received as (

    select
        source,
        week_start,
        content_type,
        engagement_type as what,
        sum(case when is_received then quantity else 0 end) as quantity,
        sum(case when is_received_in_all then quantity else 0 end) as quantity_in_all
    from {{ ref('int_engagements') }}
    group by source, week_start, content_type, engagement_type

),

made as (

    select
        posts.source,
        posts.week_start,
        posts.content_type,
        'post' as what,
        sum(case when coalesce(accounts.is_bot, false) then 0 else 1 end) as quantity,
        sum(case when coalesce(accounts.person_is_bot, false) then 0 else 1 end) as quantity_in_all
    from {{ ref('int_interactions') }} as posts
    left join {{ ref('int_accounts') }} as accounts on posts.member_id = accounts.account_id
    where posts.interaction_type = 'post'
    group by posts.source, posts.week_start, posts.content_type

),

gathered as (

    select * from received
    union all
    select * from made

),

scoped as (

    select source, week_start, content_type, what, quantity
    from gathered
    union all
    select 'all' as source, week_start, content_type, what, quantity_in_all as quantity
    from gathered

)

select
    source,
    week_start,
    content_type,
    cast(sum(case when what = 'post' then quantity else 0 end) as bigint) as posts,
    cast(sum(case when what = 'reaction' then quantity else 0 end) as bigint) as reactions,
    cast(sum(case when what = 'reply' then quantity else 0 end) as bigint) as replies,
    cast(sum(case when what = 'share' then quantity else 0 end) as bigint) as shares,
    cast(sum(case when what = 'view' then quantity else 0 end) as bigint) as views
from scoped
where quantity <> 0
group by source, week_start, content_type
