with answers as (

    {{ union_formats('survey_answers') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

-- Whoever answered was invited by then. An invitation that bears no instant is known from the survey's first answer on.
invited as (

    select
        answers.*,
        coalesce(
            least(answers.invited_at, answers.answered_at),
            min(answers.answered_at) over (partition by answers.source, answers.survey_id)
        ) as known_at
    from answers

),

dated as (

    select
        invited.*,
        cast({{ local_time('invited.known_at', 'settings.timezone') }} as date) as known_date,
        cast({{ local_time('invited.answered_at', 'settings.timezone') }} as date) as answered_date,
        settings.week_anchor
    from invited
    cross join settings

)

select
    answer_id,
    source,
    survey_id,
    member_id,
    question,
    kind,
    score,
    choice,
    is_answer,
    invited_at is not null or not is_answer as is_invitation,
    answered_at,
    {{ week_of('known_date', 'week_anchor') }} as known_week,
    case when is_answer then {{ week_of('answered_date', 'week_anchor') }} end as week_start
from dated
-- Invitations to a survey that nobody has answered, and that bear no instant, belong to no week yet.
where known_at is not null
