{# A view: most weeks' histories are never looked at, since their fit is known. #}
{{ config(materialized='view') }}

with spans as (

    select * from {{ ref('int_history_spans') }}

),

weeks as (

    select source, week_start from {{ ref('int_score_weeks') }}

),

{{ histories_of_weeks() }}
