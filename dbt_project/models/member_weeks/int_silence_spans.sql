{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_silence_spans'), [
    'member_id', 'is_same_in_all', 'is_member', 'anchor_week', 'has_sign_of_life', 'from_week', 'to_week', 'next_sign_week',
    'at_risk_week', 'churned_week', 'growth_from_week', 'mature_from_week', 'member_since_week', 'joined_week',
    'joined_at_is_inferred', 'active_weeks', 'first_active_week', 'last_active_week', 'next_active_week',
    'typical_gap_weeks', 'p90_gap_weeks', 'rhythm_after_weeks'
]) }}
