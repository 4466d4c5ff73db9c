-- Of an answer in several exports the version in the latest holds.
with versions as (

    select
        answers.*,
        exports.export_number
    from {{ ref('stg_surveys__answers') }} as answers
    inner join {{ ref('int_exports') }} as exports
        on answers.source = exports.source
        and answers.export_name = exports.export_name
        and answers.loaded_at = exports.loaded_at

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
