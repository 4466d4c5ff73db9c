{{ config(meta={'replaces': 'figure_weeks'}) }}
with spine as (

    select * from {{ ref('int_source_figure_weeks') }}

),

figure_weeks as (

    select * from {{ source('control', 'figure_weeks') }}

),

official_acts as (

    select
        interactions.source,
        interactions.week_start,
        interactions.interaction_type,
        accounts.is_official and not accounts.is_bot as is_counted,
        accounts.person_is_official and not accounts.person_is_bot as is_counted_in_all
    from {{ ref('int_interactions') }} as interactions
    inner join {{ ref('int_accounts') }} as accounts on interactions.member_id = accounts.account_id
    where accounts.person_is_official
        and interactions.interaction_type in ('post', 'reply')
        and interactions.week_start in (select week_start from figure_weeks)

),

officials as (

    select
        source,
        week_start,
        sum(case when interaction_type = 'post' then 1 else 0 end) as official_posts,
        sum(case when interaction_type = 'reply' then 1 else 0 end) as official_replies
    from (
        select source, week_start, interaction_type from official_acts where is_counted
        union all
        select 'all' as source, week_start, interaction_type from official_acts where is_counted_in_all
    ) as scoped
    group by source, week_start

),

threads as (

    select source, member_id, week_start, opened_at, first_response_at, is_answered_by_official
    from {{ ref('int_threads') }}
    where week_start in (select week_start from figure_weeks)
    union all
    select 'all', person_id, week_start, opened_at, first_response_in_all_at, is_answered_by_official_in_all
    from {{ ref('int_threads') }}
    where week_start in (select week_start from figure_weeks)

),

watched as (

    select
        threads.source,
        threads.week_start,
        threads.first_response_at,
        threads.is_answered_by_official,
        cast({{ dbt.datediff('threads.opened_at', 'threads.first_response_at', 'microsecond') }} as double) / 60000000 as minutes
    from threads
    inner join {{ ref('int_membership_spans') }} as spans
        on threads.source = spans.source
        and threads.member_id = spans.member_id
        and spans.from_week <= threads.week_start
        and threads.week_start < spans.to_week
    inner join {{ ref('int_community_members') }} as members
        on threads.source = members.source
        and threads.member_id = members.member_id
    where spans.is_member
        and not members.is_excluded

),

answers as (

    select
        source,
        week_start,
        count(*) as threads,
        count(first_response_at) as answered_24h,
        sum(case when is_answered_by_official then 1 else 0 end) as answered_by_official_24h,
        percentile_cont(0.5) within group (order by minutes) as median_first_response_minutes,
        percentile_cont(0.9) within group (order by minutes) as p90_first_response_minutes
    from watched
    group by source, week_start

),

-- Who got a reply or reaction from somebody else, known by name: a mere number of them may be one's own.
recipients as (

    select source, author_id as member_id, week_start
    from {{ ref('int_engagements') }}
    where engagement_type in ('reply', 'reaction')
        and is_received
        and actor_id is not null
        and week_start in (select week_start from figure_weeks)
    union
    select 'all', author_person_id, week_start
    from {{ ref('int_engagements') }}
    where engagement_type in ('reply', 'reaction')
        and is_received_in_all
        and actor_id is not null
        and week_start in (select week_start from figure_weeks)

),

active as (

    select
        active.source,
        active.week_start,
        count(*) as active_members,
        count(recipients.member_id) as two_way_members
    from {{ ref('int_active_weeks') }} as active
    left join recipients
        on active.source = recipients.source
        and active.member_id = recipients.member_id
        and active.week_start = recipients.week_start
    where active.week_start in (select week_start from figure_weeks)
    group by active.source, active.week_start

),

-- What cannot be seen is not 0: without threads a source shows neither who answers nor whether an act is an answer.
gathered as (

    select
        spine.source,
        spine.week_start,
        coalesce(officials.official_posts, 0) as official_posts,
        coalesce(nullif(officials.official_replies, 0), case when spine.observes_threads then 0 end) as official_replies,
        case when spine.observes_threads then coalesce(answers.threads, 0) end as threads,
        case when spine.observes_threads then coalesce(answers.answered_24h, 0) end as answered_24h,
        case when spine.observes_threads then coalesce(answers.answered_by_official_24h, 0) end as answered_by_official_24h,
        answers.median_first_response_minutes,
        answers.p90_first_response_minutes,
        coalesce(active.active_members, 0) as active_members,
        case
            when spine.observes_threads or spine.observes_reactions then coalesce(active.two_way_members, 0)
        end as two_way_members
    from spine
    left join officials on spine.source = officials.source and spine.week_start = officials.week_start
    left join answers on spine.source = answers.source and spine.week_start = answers.week_start
    left join active on spine.source = active.source and spine.week_start = active.week_start

)

select
    source,
    week_start,
    cast(official_posts as bigint) as official_posts,
    cast(official_replies as bigint) as official_replies,
    {{ rate('official_posts', 'official_posts + official_replies') }} as broadcast_share,
    cast(threads as bigint) as threads,
    cast(answered_24h as bigint) as answered_24h,
    {{ rate('answered_24h', 'threads') }} as answered_24h_rate,
    cast(answered_by_official_24h as bigint) as answered_by_official_24h,
    cast(median_first_response_minutes as double) as median_first_response_minutes,
    cast(p90_first_response_minutes as double) as p90_first_response_minutes,
    cast(threads - answered_24h as bigint) as unanswered,
    cast(two_way_members as bigint) as two_way_members,
    {{ rate('two_way_members', 'active_members') }} as two_way_share
from gathered
