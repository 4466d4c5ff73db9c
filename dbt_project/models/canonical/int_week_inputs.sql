-- What a week's figures stand on: its own rows and all before it. A week whose hash is the one it was published with
-- needs no new run; a late row changes the hash of its week and of every week after.
with member_rows as (

    select
        joined_week as week_start,
        {{ row_hash(['source', 'member_id', 'member_name', 'is_bot', 'is_official', 'joined_at', 'joined_at_is_inferred']) }} as row_hash
    from {{ ref('int_members') }}

),

interaction_rows as (

    select
        week_start,
        {{ row_hash(['interaction_id', 'source', 'member_id', 'occurred_at', 'interaction_type', 'is_active', 'container_id', 'content_id', 'parent_id', 'thread_id', 'target_member_id', 'content_type', 'time_precision']) }} as row_hash
    from {{ ref('int_interactions') }}

),

event_rows as (

    select
        week_start,
        {{ row_hash(['source', 'member_id', 'occurred_at', 'event_type', 'is_inferred']) }} as row_hash
    from {{ ref('int_membership_events') }}

),

order_rows as (

    select
        week_start,
        {{ row_hash(['source', 'order_id', 'member_id', 'ordered_at', 'amount', 'currency', 'is_purchase']) }} as row_hash
    from {{ ref('int_orders') }}

),

attribute_rows as (

    select
        members.joined_week as week_start,
        {{ row_hash(['attributes.member_id', 'attributes.attribute', 'attributes.value']) }} as row_hash
    from {{ ref('int_member_attributes') }} as attributes
    inner join {{ ref('int_members') }} as members on attributes.member_id = members.member_id

),

statistic_rows as (

    select
        week_start,
        {{ row_hash(['source', 'content_id', 'target_member_id', 'statistic', 'quantity', 'occurred_at']) }} as row_hash
    from {{ ref('int_content_statistics') }}

),

account_statistic_rows as (

    select
        week_start,
        {{ row_hash(['account_id', '"day"', 'followers', 'followers_gained', 'followers_lost', 'reach', 'views', 'engagements']) }} as row_hash
    from {{ ref('int_account_statistics') }}

),

-- A survey tells nothing of the weeks before the community's first, and makes no community.
survey_rows as (

    select
        greatest(answers.known_week, first_week.week_start) as week_start,
        {{ row_hash(['answers.answer_id', 'answers.survey_id', 'answers.member_id', 'answers.question', 'answers.kind', 'answers.score', 'answers.choice', 'answers.is_answer', 'answers.is_invitation', 'answers.answered_at', 'answers.known_week']) }} as row_hash
    from {{ ref('int_survey_answers') }} as answers
    cross join (select min(joined_week) as week_start from {{ ref('int_members') }}) as first_week
    where first_week.week_start is not null

),

-- What was sent after the last week that any other row reaches tells of no week yet.
contact_rows as (

    select
        greatest(contacts.week_start, known_weeks.first_week) as week_start,
        {{ row_hash(['contacts.member_id', 'contacts.contacted_at']) }} as row_hash
    from {{ ref('int_contacts') }} as contacts
    inner join (
        select
            min(week_start) as first_week,
            max(week_start) as last_week
        from (
            select week_start from member_rows
            union all
            select week_start from interaction_rows
            union all
            select week_start from order_rows
        ) as weeks
    ) as known_weeks on contacts.week_start <= known_weeks.last_week

),

-- A wish not to be contacted counts from the member's joining on.
do_not_contact_rows as (

    select
        members.joined_week as week_start,
        {{ row_hash(['asked.account_id']) }} as row_hash
    from {{ source('control', 'do_not_contact') }} as asked
    inner join {{ ref('int_members') }} as members on asked.account_id = members.member_id

),

all_rows as (

    select * from member_rows
    union all
    select * from interaction_rows
    union all
    select * from event_rows
    union all
    select * from order_rows
    union all
    select * from attribute_rows
    union all
    select * from statistic_rows
    union all
    select * from account_statistic_rows
    union all
    select * from survey_rows
    union all
    select * from contact_rows
    union all
    select * from do_not_contact_rows

),

by_week as (

    select
        week_start,
        count(*) as own_rows,
        {{ set_hash('row_hash') }} as own_hash
    from all_rows
    group by week_start

),

-- The settings that figures depend on, and what the config says of sources, persons and goals, count for every week.
settings as (

    select md5(concat_ws(
        '|', timezone, week_anchor, churned_after_weeks, at_risk_after_weeks, rhythm_min_gaps, rhythm_factor,
        fit_min_members, probability_below, newbie_days, growth_days, member_names, headline_change_percent,
        headline_min_weeks, segment_values_kept, winback_churned_weeks, still_reads_weeks, reactivated_within_weeks,
        lift_min_members, removal_silence_weeks, removal_tenure_days, removal_purchase_days, holdout_share, holdout_weeks,
        holdout_salt
    )) as settings_hash
    from {{ source('control', 'settings') }}

),

sources as (

    select {{ set_hash(row_hash(['source', 'observes_views', 'observes_reactions', 'observes_reaction_counts', 'observes_threads', 'observes_members', 'observes_leaves', 'audience_of'])) }} as sources_hash
    from {{ source('control', 'sources') }}

),

identities as (

    select {{ set_hash(row_hash(['person', 'source', 'native_id'])) }} as identities_hash
    from {{ source('control', 'identities') }}

),

plays as (

    select {{ set_hash(row_hash(['place', 'play', 'rule', 'text_key'])) }} as plays_hash
    from {{ ref('winback_plays') }}

),

goals as (

    select {{ set_hash(row_hash(['goal', 'metric', 'source', 'from_week', 'to_week', 'target_value', 'target_change_percent'])) }} as goals_hash
    from {{ source('control', 'goals') }}

)

select
    by_week.week_start,
    by_week.own_rows,
    md5(concat_ws(
        '|',
        sum(by_week.own_hash) over (order by by_week.week_start),
        settings.settings_hash,
        sources.sources_hash,
        identities.identities_hash,
        goals.goals_hash,
        plays.plays_hash
    )) as inputs_fingerprint
from by_week
cross join settings
cross join sources
cross join identities
cross join goals
cross join plays
