{{ config(materialized='view') }}

{{ in_source_and_all(ref('int_unique_holdout_draws'), ['member_id', 'is_same_in_all', 'anchor_week', 'draw_week']) }}
