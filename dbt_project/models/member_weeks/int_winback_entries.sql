{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_winback_entries'), [
    'member_id', 'is_same_in_all', 'week_start', 'play', 'is_holdout', 'is_do_not_contact', 'next_sign_week'
]) }}
