-- Of an answer in several exports the version in the latest holds.
with versions as (

    {{ versions_of(ref('stg_surveys__answers')) }}

)

select
    source || ':' || answer_key as answer_id,
    source,
    survey_id,
    member_id,
    question,
    kind,
    score,
    choice,
    invited_at,
    answered_at,
    is_answer
from versions
-- A question that was passed over is no answer, and does not tell who else was asked.
where is_answer
    or invited_at is not null
    or answered_at is null
qualify {{ latest_version("source, answer_key") }}
