{{ config(**joins_as_written()) }}
-- Read from member_week_status by name, so that whatever flags a member there puts them on the list.
with settings as (

    select * from {{ source('control', 'settings') }}

),

facts as (

    select
        statuses.*,
        {{ weeks_since_if_few('statuses.last_seen_at', 'statuses.week_start') }} as weeks_since_seen,
        {{ add_weeks('statuses.week_start', '-statuses.silence_weeks') }} as anchor_week
    from {{ ref('member_week_status') }} as statuses
    cross join settings
    inner join {{ source('control', 'run_weeks') }} as run_weeks on statuses.week_start = run_weeks.week_start

),

{{ ctes_of_plays() }},

-- An outreach log names accounts, not persons.
first_accounts as (

    select
        source,
        member_id,
        account_id
    from {{ ref('int_participants') }}
    where source = 'all'
    qualify row_number() over (
        partition by member_id
        order by joined_at, account_id
    ) = 1

),

listed as (

    select
        played.*,
        coalesce(first_accounts.account_id, played.member_id) as account_id,
        choices.rule as trusted_rule,
        case
            when played.status <> 'at_risk' then null
            when choices.rule = 'union' then true
            when choices.rule = 'silence_cut' then played.silence_weeks >= choices.cut
            when choices.rule = 'probability_cut' then 1 - played.p_active_4w >= choices.cut
            when choices.rule = 'model' then scores.p_silent_4w >= choices.cut
            else played.flagged_by like '%' || choices.rule || '%'
        end as is_flagged_by_trusted_rule,
        {{ is_held_out(
            'coalesce(persons.person_id, played.member_id)', 'coalesce(draws.draw_week, played.anchor_week)'
        ) }} as is_holdout
    from played
    cross join settings
    left join {{ ref('int_accounts') }} as persons
        on played.source = persons.source
        and played.member_id = persons.account_id
    left join {{ ref('int_holdout_draws') }} as draws
        on played.source = draws.source
        and played.member_id = draws.member_id
        and played.anchor_week = draws.anchor_week
    left join {{ ref('report_churn_choice') }} as choices
        on played.source = choices.source
        and played.week_start = choices.week_start
    left join {{ ref('int_model_scores') }} as scores
        on played.source = scores.source
        and played.member_id = scores.member_id
        and played.week_start = scores.week_start
    left join first_accounts
        on played.source = first_accounts.source
        and played.member_id = first_accounts.member_id
    left join {{ ref('int_do_not_contact') }} as asked
        on played.source = asked.source
        and played.member_id = asked.member_id
    where asked.member_id is null

)

select
    source,
    week_start,
    member_id,
    member_name,
    play,
    status || ': ' || rule as reason,
    is_holdout,
    cast(row_number() over (
        partition by source, week_start
        order by active_weeks desc, revenue_total desc nulls last, member_id
    ) as bigint) as value_rank,
    active_weeks,
    revenue_total,
    orders_total,
    status,
    silence_weeks,
    flagged_by,
    flagged_since,
    last_active_at,
    last_seen_at,
    tenure_days,
    text_key,
    account_id,
    trusted_rule,
    is_flagged_by_trusted_rule
from listed
