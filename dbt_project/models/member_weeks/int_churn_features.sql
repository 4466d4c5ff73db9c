{{ config(tags=['run_weeks']) }}

-- What is known of a member at the end of a week. Every row that is looked at lies before that end; only the label looks on.
with members as (

    select * from {{ ref('int_model_members') }}

),

bounds as (

    select
        {{ add_weeks('min(week_start)', -52) }} as after_week,
        max(week_start) as last_week
    from members

),

picked as (

    select distinct source, member_id from members

),

own_weeks as (

    select
        weeks.source,
        weeks.member_id,
        weeks.week_start,
        weeks.active_interactions,
        weeks.post_interactions,
        weeks.reply_interactions + weeks.message_interactions as reply_interactions,
        weeks.reaction_interactions,
        weeks.purchases,
        {% for day in range(1, 8) %}weeks.is_active_day_{{ day }}{{ ' + ' if not loop.last }}{% endfor %} as active_days,
        -- From the week's last day of activity to its end.
        case
            {%- for day in range(7, 0, -1) %}
            when weeks.is_active_day_{{ day }} = 1 then {{ 8 - day }}
            {%- endfor %}
        end as days_left
    from {{ ref('int_member_weeks') }} as weeks
    inner join picked
        on weeks.source = picked.source
        and weeks.member_id = picked.member_id
    inner join bounds
        on weeks.week_start > bounds.after_week
        and weeks.week_start <= bounds.last_week
    where weeks.is_sign_of_life

),

activity as (

    select
        members.source,
        members.member_id,
        members.week_start,
        {%- for weeks in [4, 12, 26, 52] %}
        sum(case when weeks_back < {{ weeks }} and active_interactions > 0 then 1 else 0 end) as active_weeks_{{ weeks }},
        {%- endfor %}
        {%- for weeks in [4, 12] %}
        sum(case when weeks_back < {{ weeks }} then active_days else 0 end) as active_days_{{ weeks }},
        {%- endfor %}
        {%- for weeks in [1, 4, 12] %}
        sum(case when weeks_back < {{ weeks }} then active_interactions else 0 end) as interactions_{{ weeks }},
        {%- endfor %}
        sum(case when weeks_back < 12 then post_interactions else 0 end) as posts_12,
        sum(case when weeks_back < 12 then reply_interactions else 0 end) as replies_12,
        sum(case when weeks_back < 12 then reaction_interactions else 0 end) as reactions_12,
        sum(purchases) as purchases_52,
        min(case when purchases > 0 then weeks_back end) as weeks_since_purchase,
        min(7 * weeks_back + days_left) as days_since_active,
        max(case when active_interactions > 0 then own_week end) as last_active_week,
        {{ second_greatest('own_week', 'active_interactions > 0') }} as previous_active_week
    from (
        select
            members.source,
            members.member_id,
            members.week_start,
            own_weeks.week_start as own_week,
            {{ weeks_between('own_weeks.week_start', 'members.week_start') }} as weeks_back,
            own_weeks.active_interactions,
            own_weeks.post_interactions,
            own_weeks.reply_interactions,
            own_weeks.reaction_interactions,
            own_weeks.purchases,
            own_weeks.active_days,
            own_weeks.days_left
        from members
        inner join own_weeks
            on members.source = own_weeks.source
            and members.member_id = own_weeks.member_id
            and own_weeks.week_start > {{ add_weeks('members.week_start', -52) }}
            and own_weeks.week_start <= members.week_start
    ) as members
    group by members.source, members.member_id, members.week_start

),

-- Replies alone: most exports date a reaction by what it reacts to, so that one received later would count earlier.
replies as (

    select
        source,
        author_id as member_id,
        week_start,
        quantity
    from {{ ref('int_engagements') }}
    where engagement_type = 'reply'
        and is_received

    union all

    select
        'all' as source,
        author_person_id as member_id,
        week_start,
        quantity
    from {{ ref('int_engagements') }}
    where engagement_type = 'reply'
        and is_received_in_all

),

reply_weeks as (

    select
        replies.source,
        replies.member_id,
        replies.week_start,
        sum(replies.quantity) as replies
    from replies
    inner join picked
        on replies.source = picked.source
        and replies.member_id = picked.member_id
    group by replies.source, replies.member_id, replies.week_start

),

received as (

    select
        members.source,
        members.member_id,
        members.week_start,
        sum(case when reply_weeks.week_start > {{ add_weeks('members.week_start', -4) }} then reply_weeks.replies else 0 end) as replies_received_4,
        sum(reply_weeks.replies) as replies_received_12
    from members
    inner join reply_weeks
        on members.source = reply_weeks.source
        and members.member_id = reply_weeks.member_id
        and reply_weeks.week_start > {{ add_weeks('members.week_start', -12) }}
        and reply_weeks.week_start <= members.week_start
    group by members.source, members.member_id, members.week_start

),

posts as (

    select source, member_id, opened_at, interaction_id, week_start, first_response_at
    from {{ ref('int_threads') }}
    union all
    select 'all' as source, person_id as member_id, opened_at, interaction_id, week_start, first_response_in_all_at as first_response_at
    from {{ ref('int_threads') }}

),

-- Known from the week on in which its first 24 hours have passed.
first_posts as (

    select
        posts.source,
        posts.member_id,
        posts.week_start as known_week,
        case when posts.first_response_at is not null then 1 else 0 end as is_answered
    from posts
    inner join picked
        on posts.source = picked.source
        and posts.member_id = picked.member_id
    qualify row_number() over (partition by posts.source, posts.member_id order by posts.opened_at, posts.interaction_id) = 1

),

community_weeks as (

    select
        source,
        week_start,
        count(*) as active_members
    from {{ ref('int_member_weeks') }}
    where is_community_member
        and active_interactions > 0
    group by source, week_start

),

trends as (

    select
        weeks.source,
        weeks.week_start,
        {{ rate(
            '3 * sum(case when community_weeks.week_start > ' ~ add_weeks('weeks.week_start', -4) ~ ' then community_weeks.active_members else 0 end)',
            'sum(case when community_weeks.week_start <= ' ~ add_weeks('weeks.week_start', -4) ~ ' then community_weeks.active_members else 0 end)'
        ) }} as community_trend
    from (select distinct source, week_start from members) as weeks
    inner join community_weeks
        on weeks.source = community_weeks.source
        and community_weeks.week_start > {{ add_weeks('weeks.week_start', -16) }}
        and community_weeks.week_start <= weeks.week_start
    group by weeks.source, weeks.week_start

),

starts as (

    select source, observes_threads, observes_reactions from {{ ref('int_source_starts') }}
    union all
    select 'all' as source, bool_or(observes_threads) as observes_threads, bool_or(observes_reactions) as observes_reactions
    from {{ ref('int_source_starts') }}

)

select
    members.source,
    members.member_id,
    members.week_start,
    members.is_learned_from,
    members.is_judged,
    members.is_silent_4w,
    cast(members.silence_weeks as integer) as silence_weeks,
    activity.days_since_active,
    {{ weeks_between('activity.previous_active_week', 'members.week_start') }} as weeks_since_previous,
    {{ weeks_between('activity.previous_active_week', 'activity.last_active_week') }} as previous_gap_weeks,
    {{ weeks_between('histories.first_active_week', 'members.week_start') }} as weeks_since_first,
    {{ rate(weeks_between('histories.first_active_week', 'activity.last_active_week'), 'histories.active_weeks - 1') }} as mean_gap_weeks,
    {{ rate(
        '(histories.active_weeks - 1) * members.silence_weeks',
        weeks_between('histories.first_active_week', 'activity.last_active_week')
    ) }} as silence_in_gaps,
    coalesce(histories.active_weeks, 0) as active_weeks,
    {{ rate('histories.active_weeks', weeks_between('histories.first_active_week', 'members.week_start') ~ ' + 1') }} as active_share,
    {%- for column in ['active_weeks_4', 'active_weeks_12', 'active_weeks_26', 'active_weeks_52', 'active_days_4', 'active_days_12', 'interactions_1', 'interactions_4', 'interactions_12', 'posts_12', 'replies_12'] %}
    cast(activity.{{ column }} as bigint) as {{ column }},
    {%- endfor %}
    -- What cannot be seen is unknown, not 0.
    case when starts.observes_reactions then cast(activity.reactions_12 as bigint) end as reactions_12,
    case when starts.observes_threads then cast(coalesce(received.replies_received_4, 0) as bigint) end as replies_received_4,
    case when starts.observes_threads then cast(coalesce(received.replies_received_12, 0) as bigint) end as replies_received_12,
    first_posts.is_answered as first_post_answered,
    cast(members.tenure_days as integer) as tenure_days,
    case when members.joined_at_is_inferred then 1 else 0 end as join_is_inferred,
    cast(activity.purchases_52 as bigint) as purchases_52,
    activity.weeks_since_purchase,
    trends.community_trend
from members
inner join activity
    on members.source = activity.source
    and members.member_id = activity.member_id
    and members.week_start = activity.week_start
inner join starts on members.source = starts.source
left join {{ ref('int_member_histories') }} as histories
    on members.source = histories.source
    and members.member_id = histories.member_id
    and histories.from_week <= members.week_start
    and members.week_start < histories.to_week
left join received
    on members.source = received.source
    and members.member_id = received.member_id
    and members.week_start = received.week_start
left join first_posts
    on members.source = first_posts.source
    and members.member_id = first_posts.member_id
    and first_posts.known_week <= members.week_start
left join trends
    on members.source = trends.source
    and members.week_start = trends.week_start
