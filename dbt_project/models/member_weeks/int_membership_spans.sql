{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_membership_spans'), [
    'member_id', 'is_same_in_all', 'is_member', 'from_week', 'to_week', 'left_at'
]) }}
