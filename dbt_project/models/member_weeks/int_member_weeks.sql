{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_member_weeks'), [
    'member_id', 'is_same_in_all', 'week_start', 'active_interactions', 'passive_interactions',
    'post_interactions', 'reply_interactions', 'message_interactions', 'reaction_interactions',
    'share_interactions', 'vote_interactions', 'attend_interactions', 'claim_interactions',
    'follow_interactions', 'view_interactions', 'is_active_day_1', 'is_active_day_2', 'is_active_day_3',
    'is_active_day_4', 'is_active_day_5', 'is_active_day_6', 'is_active_day_7', 'last_active_at',
    'last_seen_at', 'purchases', 'is_sign_of_life', 'is_community_member'
]) }}
