{# A view: the members' weeks alone are made of it. #}
{{ config(materialized='view') }}

{%- set types = ['post', 'reply', 'message', 'reaction', 'share', 'vote', 'attend', 'claim', 'follow', 'view'] -%}
with interactions as (

    select
        source,
        member_id as account_id,
        week_start,
        sum(case when is_active then 1 else 0 end) as active_interactions,
        sum(case when not is_active then 1 else 0 end) as passive_interactions,
        {%- for type in types %}
        sum(case when interaction_type = '{{ type }}' then 1 else 0 end) as {{ type }}_interactions,
        {%- endfor %}
        {%- for day in range(7) %}
        max(case when is_active and {{ days_between('week_start', 'local_date') }} = {{ day }} then 1 else 0 end) as is_active_day_{{ day + 1 }},
        {%- endfor %}
        max(case when is_active then occurred_at end) as last_active_at,
        max(occurred_at) as last_seen_at
    from {{ ref('int_interactions') }}
    where member_id is not null
    group by source, member_id, week_start

),

purchases as (

    select
        source,
        member_id as account_id,
        week_start,
        count(*) as purchases
    from {{ ref('int_orders') }}
    where is_purchase
        and member_id is not null
    group by source, member_id, week_start

)

select
    coalesce(interactions.source, purchases.source) as source,
    coalesce(interactions.account_id, purchases.account_id) as account_id,
    coalesce(interactions.week_start, purchases.week_start) as week_start,
    coalesce(active_interactions, 0) as active_interactions,
    coalesce(passive_interactions, 0) as passive_interactions,
    {%- for type in types %}
    coalesce({{ type }}_interactions, 0) as {{ type }}_interactions,
    {%- endfor %}
    {%- for day in range(7) %}
    coalesce(is_active_day_{{ day + 1 }}, 0) as is_active_day_{{ day + 1 }},
    {%- endfor %}
    last_active_at,
    last_seen_at,
    coalesce(purchases.purchases, 0) as purchases
from interactions
full outer join purchases
    on interactions.source = purchases.source
    and interactions.account_id = purchases.account_id
    and interactions.week_start = purchases.week_start
