{%- set groups = ['active_before', 'silent_before'] -%}
with answers as (

    select * from {{ ref('int_survey_answers') }}

),

run_weeks as (

    select week_start from {{ ref('int_source_run_weeks') }} where source = 'all'

),

settings as (

    select * from {{ source('control', 'settings') }}

),

persons as (

    select distinct
        source || ':' || native_id as account_id,
        person
    from {{ source('control', 'identities') }}

),

-- In the survey's own rows a respondent is an account, whichever source the account is of; in 'all' it is a person.
respondents as (

    select
        answers.*,
        answers.source as scope,
        answers.member_id as respondent_id,
        false as is_person
    from answers

    union all

    select
        answers.*,
        'all' as scope,
        coalesce(persons.person, answers.member_id) as respondent_id,
        true as is_person
    from answers
    left join persons on answers.member_id = persons.account_id

),

-- Bots and official accounts are not asked for their opinion. Whoever is no member of any source is a respondent still.
counted as (

    select
        respondents.scope,
        respondents.source,
        respondents.survey_id,
        respondents.question,
        respondents.kind,
        respondents.score,
        respondents.choice,
        respondents.is_answer,
        respondents.is_invitation,
        respondents.answered_at,
        respondents.known_week,
        respondents.week_start,
        respondents.member_id,
        coalesce(respondents.respondent_id, respondents.answer_id) as respondent,
        members.source as member_source,
        members.member_id as known_member_id
    from respondents
    left join {{ ref('int_community_members') }} as members
        on respondents.respondent_id = members.member_id
        and respondents.is_person = (members.source = 'all')
    where not coalesce(members.is_excluded, false)

),

-- Who answers a question twice in a week has changed their mind. Several choices at once stay together.
latest as (

    select counted.*
    from counted
    inner join run_weeks on counted.week_start = run_weeks.week_start
    where counted.is_answer
    qualify rank() over (
        partition by counted.scope, counted.week_start, counted.survey_id, counted.question, counted.respondent
        order by counted.answered_at desc, counted.source, counted.member_id
    ) = 1

),

-- Active before: an active interaction in the weeks before the one of the answer.
active_before as (

    select distinct
        latest.member_source,
        latest.known_member_id,
        latest.week_start
    from latest
    cross join settings
    inner join {{ ref('int_member_weeks') }} as weeks
        on latest.member_source = weeks.source
        and latest.known_member_id = weeks.member_id
        and weeks.week_start >= {{ add_weeks('latest.week_start', '-settings.at_risk_after_weeks') }}
        and weeks.week_start < latest.week_start
    where weeks.active_interactions > 0

),

split as (

    select
        latest.*,
        case
            when latest.known_member_id is null then 'unknown'
            when active_before.known_member_id is not null then 'active_before'
            else 'silent_before'
        end as activity
    from latest
    left join active_before
        on latest.member_source = active_before.member_source
        and latest.known_member_id = active_before.known_member_id
        and latest.week_start = active_before.week_start

),

figures as (

    select
        scope,
        week_start,
        survey_id,
        question,
        case when min(kind) = max(kind) then min(kind) end as kind,
        count(distinct respondent) as responses,
        sum(case when kind in ('nps', 'rating') then score end) as score_sum,
        sum(case when kind in ('nps', 'rating') then 1 else 0 end) as scores,
        {{ nps_balance('true') }} as nps_balance,
        sum(case when kind = 'nps' then 1 else 0 end) as nps_answers,
        count(distinct case when activity <> 'unknown' then respondent end) as known_responses
        {%- for group in groups %},
        count(distinct case when activity = '{{ group }}' then respondent end) as responses_{{ group }},
        sum(case when kind in ('nps', 'rating') and activity = '{{ group }}' then score end) as score_sum_{{ group }},
        sum(case when kind in ('nps', 'rating') and activity = '{{ group }}' then 1 else 0 end) as scores_{{ group }},
        {{ nps_balance("activity = '" ~ group ~ "'") }} as nps_balance_{{ group }},
        sum(case when kind = 'nps' and activity = '{{ group }}' then 1 else 0 end) as nps_answers_{{ group }}
        {%- endfor %}
    from split
    group by scope, week_start, survey_id, question

),

surveys as (

    select distinct scope, survey_id, week_start from latest

),

-- Whom the survey had reached by the week's end. Whoever is not named is told apart by no more than one row a question;
-- an answer of nobody known, without an invitation of its own, may be that of anybody invited.
reached as (

    select
        surveys.scope,
        surveys.survey_id,
        surveys.week_start,
        case when counted.member_id is null then counted.question end as question,
        count(distinct case when counted.member_id is not null then counted.respondent end) as named,
        sum(case when counted.member_id is null and counted.is_invitation then 1 else 0 end) as unnamed,
        bool_or(counted.is_invitation) as tells_invitations
    from surveys
    inner join counted
        on surveys.scope = counted.scope
        and surveys.survey_id = counted.survey_id
        and counted.known_week <= surveys.week_start
    group by
        surveys.scope, surveys.survey_id, surveys.week_start,
        case when counted.member_id is null then counted.question end

),

-- Unknown where no export tells of an invitation.
invitations as (

    select
        scope,
        survey_id,
        week_start,
        sum(named)
        + coalesce(sum(case when question is null then unnamed end), 0)
        + coalesce(max(case when question is not null then unnamed end), 0) as invited
    from reached
    group by scope, survey_id, week_start
    having bool_or(tells_invitations)

),

choices as (

    select
        scope,
        week_start,
        survey_id,
        question,
        choice,
        count(*) as answers,
        row_number() over (
            partition by scope, week_start, survey_id, question
            order by count(*) desc, choice
        ) as place
    from split
    where choice is not null
    group by scope, week_start, survey_id, question, choice

),

top_choices as (

    select
        scope,
        week_start,
        survey_id,
        question,
        concat_ws(
            '; '
            {%- for place in (1, 2, 3) %},
            max(case when place = {{ place }} then left(choice, 60) || ': ' || answers end)
            {%- endfor %}
        ) as top_choices
    from choices
    where place <= 3
    group by scope, week_start, survey_id, question

)

select
    figures.scope as source,
    figures.week_start,
    figures.survey_id,
    figures.question,
    figures.kind,
    cast(invitations.invited as bigint) as invited,
    cast(figures.responses as bigint) as responses,
    -- More answers than invitations: the export does not tell of all of these.
    case when figures.responses <= invitations.invited then {{ rate('figures.responses', 'invitations.invited') }} end as response_rate,
    {{ rate('figures.score_sum', 'figures.scores') }} as mean,
    100 * {{ rate('figures.nps_balance', 'figures.nps_answers') }} as nps,
    top_choices.top_choices
    {%- for group in groups %},
    case when figures.known_responses > 0 then cast(figures.responses_{{ group }} as bigint) end as responses_{{ group }},
    {{ rate('figures.score_sum_' ~ group, 'figures.scores_' ~ group) }} as mean_{{ group }},
    100 * {{ rate('figures.nps_balance_' ~ group, 'figures.nps_answers_' ~ group) }} as nps_{{ group }}
    {%- endfor %}
from figures
left join invitations
    on figures.scope = invitations.scope
    and figures.survey_id = invitations.survey_id
    and figures.week_start = invitations.week_start
left join top_choices
    on figures.scope = top_choices.scope
    and figures.week_start = top_choices.week_start
    and figures.survey_id = top_choices.survey_id
    and figures.question = top_choices.question
