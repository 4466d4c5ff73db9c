{{ config(materialized='view') }}
{#- A view: its rows are three times as many as those that they follow from, and writing them takes longer than cutting. -#}

-- Each silence is cut by the thresholds it passes, the member's own rhythm among them, and by the stages of tenure: each turn begins
-- a span, which lasts to the next one.
{%- set turns = turns_of_status('spans') %}
with turning as (

    {%- for turn in ['spans.from_week'] + turns %}
    select
        spans.*,
        {{ turn }} as turn_week
        {%- for other in turns %},
        {{ other }} as turn_{{ loop.index }}
        {%- endfor %}
    from {{ ref('int_unique_silence_spans') }} as spans
    {%- set before = turns[:loop.index0 - 1] if not loop.first else [] %}
    where {{ turn }} >= spans.from_week
        and {{ turn }} < spans.to_week
        {%- if not loop.first %}
        and {{ turn }} > spans.from_week
        {%- endif %}
        -- Two turns in one week begin one span.
        {%- for other in before %}
        and {{ turn }} is distinct from {{ other }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select
    source,
    member_id,
    is_same_in_all,
    case when is_member then anchor_week end as anchor_week,
    {{ status_at('turning', 'turn_week') }} as status,
    {{ stage_at('turning', 'turn_week') }} as stage,
    turn_week = from_week as is_beginning,
    case when turn_week > from_week then {{ status_at('turning', add_weeks('turn_week', -1)) }} end as turned_from_status,
    case when turn_week > from_week then {{ stage_at('turning', add_weeks('turn_week', -1)) }} end as turned_from_stage,
    turn_week as from_week,
    least(
        to_week
        {%- for _ in turns %},
        case when turn_{{ loop.index }} > turn_week then turn_{{ loop.index }} end
        {%- endfor %}
    ) as to_week,
    case when is_member then next_sign_week end as next_sign_week,
    case when is_member then rhythm_after_weeks end as rhythm_after_weeks,
    member_since_week,
    joined_week,
    joined_at_is_inferred,
    case when is_member then active_weeks end as active_weeks,
    case when is_member then first_active_week end as first_active_week,
    case when is_member then last_active_week end as last_active_week,
    case when is_member then next_active_week end as next_active_week
from turning
