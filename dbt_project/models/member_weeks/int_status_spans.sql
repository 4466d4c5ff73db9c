{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_status_spans'), [
    'member_id', 'is_same_in_all', 'anchor_week', 'status', 'stage', 'turned_from_status', 'turned_from_stage', 'from_week',
    'to_week', 'next_sign_week', 'rhythm_after_weeks', 'member_since_week', 'joined_week', 'joined_at_is_inferred', 'active_weeks', 'first_active_week',
    'last_active_week', 'next_active_week'
]) }}
