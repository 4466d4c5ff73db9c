{%- set types = ['post', 'reply', 'message', 'reaction', 'share', 'vote', 'attend', 'claim', 'follow', 'view'] -%}
with weeks as (

    select
        participants.source,
        participants.member_id,
        weeks.week_start,
        cast(sum(weeks.active_interactions) as bigint) as active_interactions,
        cast(sum(weeks.passive_interactions) as bigint) as passive_interactions,
        {%- for type in types %}
        cast(sum(weeks.{{ type }}_interactions) as bigint) as {{ type }}_interactions,
        {%- endfor %}
        {%- for day in range(7) %}
        max(weeks.is_active_day_{{ day + 1 }}) as is_active_day_{{ day + 1 }},
        {%- endfor %}
        max(weeks.last_active_at) as last_active_at,
        max(weeks.last_seen_at) as last_seen_at,
        cast(sum(weeks.purchases) as bigint) as purchases,
        sum(weeks.active_interactions) > 0 or sum(weeks.purchases) > 0 as is_sign_of_life
    from {{ ref('int_participants') }} as participants
    inner join {{ ref('int_account_weeks') }} as weeks on participants.account_id = weeks.account_id
    group by participants.source, participants.member_id, weeks.week_start

)

select
    weeks.*,
    coalesce(spans.is_member and not members.is_excluded, false) as is_community_member
from weeks
left join {{ ref('int_membership_spans') }} as spans
    on weeks.source = spans.source
    and weeks.member_id = spans.member_id
    and spans.from_week <= weeks.week_start
    and weeks.week_start < spans.to_week
left join {{ ref('int_community_members') }} as members
    on weeks.source = members.source
    and weeks.member_id = members.member_id
