{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_active_weeks'), [
    'member_id', 'is_same_in_all', 'week_start', 'stage', 'first_active_week', 'is_of_cohort',
    'previous_active_week', 'next_active_week', 'active_interactions'
]) }}
