{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_member_histories'), [
    'member_id', 'is_same_in_all', 'from_week', 'to_week', 'active_weeks', 'first_active_week',
    'last_active_at', 'last_seen_at', 'orders_total', 'revenue_total', 'currency', 'last_ordered_at'
]) }}
