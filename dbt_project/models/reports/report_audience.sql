{{ config(meta={'replaces': 'figure_weeks'}) }}
{%- set flows = ['followers_gained', 'followers_lost', 'reach', 'views', 'engagements'] -%}
-- Sums of days, ratios of sums. What a platform does not give stays null, and is in no ratio of the source 'all'.
with statistics as (

    select * from {{ ref('int_account_statistics') }}

),

first_weeks as (

    select
        source,
        min(week_start) as first_week
    from statistics
    group by source

),

spine as (

    select
        weeks.source,
        weeks.week_start
    from {{ ref('int_source_figure_weeks') }} as weeks
    inner join first_weeks
        on weeks.source = first_weeks.source
        and first_weeks.first_week <= weeks.week_start

),

levels as (

    select
        source,
        account_id,
        followers,
        "day" as from_day,
        lead("day", 1, {{ end_of_time() }}) over (partition by source, account_id order by "day") as to_day
    from statistics
    where followers is not null

),

-- The last level that is known at the week's end, and at its start.
followers as (

    select
        spine.source,
        spine.week_start,
        sum(case
            when levels.from_day < {{ add_weeks('spine.week_start', 1) }}
                and {{ add_weeks('spine.week_start', 1) }} <= levels.to_day then levels.followers
        end) as followers,
        sum(case
            when levels.from_day < spine.week_start and spine.week_start <= levels.to_day then levels.followers
        end) as followers_at_start
    from spine
    inner join levels
        on spine.source = levels.source
        and levels.from_day < {{ add_weeks('spine.week_start', 1) }}
        and spine.week_start <= levels.to_day
    group by spine.source, spine.week_start

),

weekly as (

    select
        source,
        week_start,
        {%- for flow in flows %}
        sum({{ flow }}) as {{ flow }}{{ ',' if not loop.last }}
        {%- endfor %}
    from statistics
    group by source, week_start

),

posts as (

    select
        contents.source,
        contents.week_start,
        count(*) as posts
    from {{ ref('int_contents') }} as contents
    inner join {{ ref('int_members') }} as members on contents.member_id = members.member_id
    where contents.interaction_type = 'post'
        and members.is_official
    group by contents.source, contents.week_start

),

first_posts as (

    select
        source,
        min(week_start) as first_week
    from posts
    group by source

),

-- Whose living members stand against the followers: those of the source itself, or of the one that the config names.
communities as (

    select
        sources.source,
        members.source as community
    from (
        select source, audience_of from {{ source('control', 'sources') }}
        union all
        select 'all' as source, cast(null as varchar) as audience_of
    ) as sources
    inner join (
        select distinct source
        from {{ ref('int_community_members') }}
        where not is_excluded
    ) as members on members.source = coalesce(sources.audience_of, sources.source)

),

active as (

    select
        source,
        week_start,
        count(*) as active_members
    from {{ ref('int_active_weeks') }}
    group by source, week_start

),

by_source as (

    select
        spine.source,
        spine.week_start,
        followers.followers,
        followers.followers_at_start,
        {%- for flow in flows %}
        weekly.{{ flow }},
        {%- endfor %}
        case when first_posts.first_week <= spine.week_start then coalesce(posts.posts, 0) end as posts,
        case when communities.community is not null then coalesce(active.active_members, 0) end as active_members
    from spine
    left join followers on spine.source = followers.source and spine.week_start = followers.week_start
    left join weekly on spine.source = weekly.source and spine.week_start = weekly.week_start
    left join first_posts on spine.source = first_posts.source
    left join posts on spine.source = posts.source and spine.week_start = posts.week_start
    left join communities on spine.source = communities.source
    left join active on communities.community = active.source and spine.week_start = active.week_start

),

whole as (

    select
        'all' as source,
        by_source.week_start,
        sum(by_source.followers) as followers,
        sum(by_source.followers_gained) as followers_gained,
        sum(by_source.followers_lost) as followers_lost,
        sum(by_source.reach) as reach,
        sum(by_source.views) as views,
        sum(by_source.engagements) as engagements,
        sum(by_source.posts) as posts,
        max(case when communities.community is not null then coalesce(active.active_members, 0) end) as active_members,
        sum(case when by_source.followers_at_start is not null then by_source.followers_lost end) as lost_of_known,
        sum(case when by_source.followers_lost is not null then by_source.followers_at_start end) as known_at_start,
        sum(case when by_source.reach is not null then by_source.engagements end) as engagements_of_reach,
        sum(case when by_source.engagements is not null then by_source.reach end) as reach_of_engagements,
        sum(case when by_source.followers is not null then by_source.engagements end) as engagements_of_followers,
        sum(case when by_source.engagements is not null then by_source.followers end) as followers_of_engagements
    from by_source
    left join communities on communities.source = 'all'
    left join active
        on active.source = 'all'
        and by_source.week_start = active.week_start
    group by by_source.week_start

),

-- Of one source the numerator and the denominator of a rate are the figures themselves.
gathered as (

    select
        source, week_start, followers, followers_gained, followers_lost, reach, views, engagements, posts, active_members,
        followers_lost as lost_of_known,
        followers_at_start as known_at_start,
        engagements as engagements_of_reach,
        reach as reach_of_engagements,
        engagements as engagements_of_followers,
        followers as followers_of_engagements
    from by_source
    union all
    select
        source, week_start, followers, followers_gained, followers_lost, reach, views, engagements, posts, active_members,
        lost_of_known, known_at_start, engagements_of_reach, reach_of_engagements, engagements_of_followers,
        followers_of_engagements
    from whole

)

select
    source,
    week_start,
    cast(followers as bigint) as followers,
    cast(followers_gained as bigint) as followers_gained,
    cast(followers_lost as bigint) as followers_lost,
    {{ rate('lost_of_known', 'known_at_start') }} as unfollow_rate,
    cast(reach as bigint) as reach,
    cast(views as bigint) as views,
    cast(engagements as bigint) as engagements,
    {{ rate('engagements_of_reach', 'reach_of_engagements') }} as engagement_rate_by_reach,
    {{ rate('engagements_of_followers', 'followers_of_engagements') }} as engagement_rate_by_followers,
    cast(posts as bigint) as posts,
    {{ rate('active_members', 'followers') }} as active_per_follower
from gathered
