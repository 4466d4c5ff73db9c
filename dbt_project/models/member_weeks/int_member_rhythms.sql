{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_member_rhythms'), [
    'member_id', 'is_same_in_all', 'anchor_week', 'has_sign_of_life', 'to_week', 'active_weeks',
    'first_active_week', 'last_active_week', 'next_active_week', 'typical_gap_weeks', 'p90_gap_weeks',
    'rhythm_after_weeks'
]) }}
