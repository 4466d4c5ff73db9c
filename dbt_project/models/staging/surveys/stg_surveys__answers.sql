with source as (

    {{ lake_rows('surveys_answers') }}

),

renamed as (

    select
        _source as source,
        _export as export_name,
        _file as file_name,
        _row as row_number_in_file,
        _loaded_at as loaded_at,
        answer_key,
        survey_id,
        coalesce(respondent_source, _source) || ':' || respondent as member_id,
        question,
        kind,
        score,
        choice,
        invited_at,
        answered_at,
        is_answer
    from source

)

select * from renamed
