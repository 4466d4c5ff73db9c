{%- set steps = ['viewed', 'active', 'reply_received', 'claimed', 'purchased'] -%}
{%- set seen_if = {'viewed': 'observes_views', 'reply_received': 'observes_threads'} -%}
-- A joining week has a row in each reporting week in which its figures can still change: its own and the four after.
with cohorts as (

    select
        spine.source,
        spine.week_start,
        spine.observes_views,
        spine.observes_threads,
        joining.week_start as joined_week,
        {{ weeks_between('joining.week_start', 'spine.week_start') }} as weeks_since
    from {{ ref('int_source_run_weeks') }} as spine
    inner join {{ ref('int_source_figure_weeks') }} as joining
        on spine.source = joining.source
        and joining.week_start <= spine.week_start
        and joining.week_start >= {{ add_weeks('spine.week_start', -4) }}

),

joiners as (

    select
        source,
        member_id,
        joined_at,
        joined_at_is_inferred,
        joined_week
    from {{ ref('int_community_members') }}
    where not is_excluded
        and joined_week in (select joined_week from cohorts)

),

-- Of a guessed joining nobody can say how long after it anything was.
newcomers as (

    select
        source,
        member_id,
        joined_week,
        joined_at,
        {{ dbt.dateadd('hour', 7 * 24, 'joined_at') }} as day_7_at,
        {{ dbt.dateadd('hour', 28 * 24, 'joined_at') }} as day_28_at
    from joiners
    where not joined_at_is_inferred

),

accounts as (

    select
        newcomers.*,
        participants.account_id
    from newcomers
    inner join {{ ref('int_participants') }} as participants
        on newcomers.source = participants.source
        and newcomers.member_id = participants.member_id

),

acts as (

    select
        accounts.source,
        accounts.member_id,
        accounts.day_7_at,
        interactions.interaction_id,
        interactions.interaction_type,
        interactions.is_active,
        interactions.occurred_at,
        interactions.week_start
    from accounts
    inner join {{ ref('int_interactions') }} as interactions
        on accounts.account_id = interactions.member_id
        and interactions.occurred_at >= accounts.joined_at
        and interactions.occurred_at < accounts.day_28_at

),

others as (

    select
        source,
        member_id,
        account_id
    from {{ ref('int_participants') }}
    -- Of a person one account of which is a bot's nobody knows who speaks.
    qualify not bool_or(is_bot) over (partition by source, member_id)

),

-- Grouped before the repliers are looked up: joined all at once, the engine may put each newcomer beside each account of
-- the source first, which ends never.
replies_by_account as (

    select
        accounts.source,
        accounts.member_id,
        engagements.actor_id,
        min(engagements.occurred_at) as occurred_at,
        min(engagements.week_start) as week_start
    from accounts
    inner join {{ ref('int_engagements') }} as engagements
        on accounts.account_id = engagements.author_id
        and engagements.occurred_at >= accounts.joined_at
        and engagements.occurred_at < accounts.day_28_at
    where engagements.engagement_type = 'reply'
    group by accounts.source, accounts.member_id, engagements.actor_id

),

replies_received as (

    select
        replies.source,
        replies.member_id,
        replies.occurred_at,
        replies.week_start
    from replies_by_account as replies
    inner join others
        on replies.source = others.source
        and replies.actor_id = others.account_id
        and replies.member_id <> others.member_id

),

purchases as (

    select
        accounts.source,
        accounts.member_id,
        orders.ordered_at as occurred_at,
        orders.week_start
    from accounts
    inner join {{ ref('int_orders') }} as orders
        on accounts.account_id = orders.member_id
        and orders.ordered_at >= accounts.joined_at
        and orders.ordered_at < accounts.day_28_at
    where orders.is_purchase

),

first_posts as (

    select *
    from acts
    where interaction_type = 'post'
    qualify row_number() over (partition by source, member_id order by occurred_at, interaction_id) = 1

),

-- Where nobody can see what replies to what, a post is no thread, and neither answered nor not.
watched_posts as (

    select
        first_posts.source,
        first_posts.member_id,
        first_posts.occurred_at,
        first_posts.week_start,
        case
            when first_posts.source = 'all' then threads.first_response_in_all_at
            else threads.first_response_at
        end as answered_at
    from first_posts
    inner join {{ ref('int_threads') }} as threads on first_posts.interaction_id = threads.interaction_id

),

answers as (

    select
        watched_posts.source,
        watched_posts.member_id,
        watched_posts.answered_at as occurred_at,
        cast({{ local_time('watched_posts.answered_at', 'settings.timezone') }} as date) as answered_date,
        settings.week_anchor
    from watched_posts
    cross join {{ source('control', 'settings') }} as settings
    where watched_posts.answered_at is not null

),

steps as (

    select source, member_id, 'viewed' as step, occurred_at, week_start from acts where interaction_type = 'view'
    union all
    select source, member_id, 'active', occurred_at, week_start from acts where is_active
    union all
    select source, member_id, 'came_back', occurred_at, week_start from acts where is_active and occurred_at >= day_7_at
    union all
    select source, member_id, 'claimed', occurred_at, week_start from acts where interaction_type = 'claim'
    union all
    select source, member_id, 'reply_received', occurred_at, week_start from replies_received
    union all
    select source, member_id, 'purchased', occurred_at, week_start from purchases
    union all
    select source, member_id, 'posted', occurred_at, week_start from watched_posts
    union all
    select source, member_id, 'answered', occurred_at, {{ week_of('answered_date', 'week_anchor') }} from answers

),

firsts as (

    select
        source,
        member_id,
        {%- for step in steps + ['posted', 'answered', 'came_back'] %}
        min(case when step = '{{ step }}' then occurred_at end) as {{ step }}_at,
        min(case when step = '{{ step }}' then week_start end) as {{ step }}_week{{ ',' if not loop.last }}
        {%- endfor %}
    from steps
    group by source, member_id

),

-- What was known by the end of the reporting week.
known as (

    select
        cohorts.source,
        cohorts.week_start,
        cohorts.joined_week,
        newcomers.joined_at,
        newcomers.day_7_at,
        {%- for step in steps %}
        case when firsts.{{ step }}_week <= cohorts.week_start then firsts.{{ step }}_at end as {{ step }}_at,
        {%- endfor %}
        coalesce(firsts.posted_week <= cohorts.week_start, false) as has_posted,
        coalesce(firsts.answered_week <= cohorts.week_start, false) as is_answered,
        coalesce(firsts.came_back_week <= cohorts.week_start, false) as has_come_back
    from cohorts
    inner join newcomers
        on cohorts.source = newcomers.source
        and cohorts.joined_week = newcomers.joined_week
    inner join firsts
        on newcomers.source = firsts.source
        and newcomers.member_id = firsts.member_id

),

counted as (

    select
        source,
        week_start,
        joined_week,
        {%- for step in steps %}
        sum(case when {{ step }}_at < day_7_at then 1 else 0 end) as {{ step }}_7d,
        sum(case when {{ step }}_at is not null then 1 else 0 end) as {{ step }}_28d,
        {%- endfor %}
        median({{ dbt.datediff('joined_at', 'active_at', 'microsecond') }}) / 86400000000 as median_days_to_active,
        sum(case when has_come_back then 1 else 0 end) as came_back,
        sum(case when has_posted and is_answered then 1 else 0 end) as first_post_answered,
        sum(case when has_posted and is_answered and has_come_back then 1 else 0 end) as came_back_answered,
        sum(case when has_posted and not is_answered then 1 else 0 end) as first_post_unanswered,
        sum(case when has_posted and not is_answered and has_come_back then 1 else 0 end) as came_back_unanswered
    from known
    group by source, week_start, joined_week

),

joined as (

    select
        source,
        joined_week,
        sum(case when joined_at_is_inferred then 0 else 1 end) as joined,
        sum(case when joined_at_is_inferred then 1 else 0 end) as joined_inferred
    from joiners
    group by source, joined_week

)

select
    cohorts.source,
    cohorts.week_start,
    cohorts.joined_week,
    cast(coalesce(joined.joined, 0) as bigint) as joined,
    {%- for days, weeks in [(7, 1), (28, 4)] %}
    {%- for step in steps %}
    case
        when cohorts.weeks_since >= {{ weeks }}{{ ' and cohorts.' ~ seen_if[step] if step in seen_if }}
            then cast(coalesce(counted.{{ step }}_{{ days }}d, 0) as bigint)
    end as {{ step }}_{{ days }}d,
    {%- endfor %}
    {%- endfor %}
    case when cohorts.weeks_since >= 4 then counted.median_days_to_active end as median_days_to_active,
    case when cohorts.weeks_since >= 4 then cast(coalesce(counted.came_back, 0) as bigint) end as came_back,
    {%- for column in ['first_post_answered', 'came_back_answered', 'first_post_unanswered', 'came_back_unanswered'] %}
    case
        when cohorts.weeks_since >= 4 and cohorts.observes_threads
            then cast(coalesce(counted.{{ column }}, 0) as bigint)
    end as {{ column }},
    {%- endfor %}
    cast(coalesce(joined.joined_inferred, 0) as bigint) as joined_inferred
from cohorts
left join joined
    on cohorts.source = joined.source
    and cohorts.joined_week = joined.joined_week
left join counted
    on cohorts.source = counted.source
    and cohorts.week_start = counted.week_start
    and cohorts.joined_week = counted.joined_week
