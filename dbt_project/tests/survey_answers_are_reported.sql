-- A source's responses to a question are its respondents of the week, bots and official accounts left out.
with respondents as (

    select
        answers.source,
        answers.week_start,
        answers.survey_id,
        answers.question,
        count(distinct coalesce(answers.member_id, answers.answer_id)) as respondents
    from {{ ref('int_survey_answers') }} as answers
    left join {{ ref('int_members') }} as members on answers.member_id = members.member_id
    where answers.is_answer
        and not coalesce(members.is_bot or members.is_official, false)
    group by answers.source, answers.week_start, answers.survey_id, answers.question

)

select
    respondents.source,
    respondents.week_start,
    respondents.survey_id,
    respondents.question,
    respondents.respondents,
    reported.responses
from respondents
inner join {{ ref('int_source_run_weeks') }} as weeks
    on weeks.source = 'all'
    and respondents.week_start = weeks.week_start
left join {{ ref('report_surveys') }} as reported
    on respondents.source = reported.source
    and respondents.week_start = reported.week_start
    and respondents.survey_id = reported.survey_id
    and respondents.question = reported.question
where respondents.respondents is distinct from reported.responses
