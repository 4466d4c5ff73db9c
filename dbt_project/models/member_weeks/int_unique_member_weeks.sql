{%- set types = ['post', 'reply', 'message', 'reaction', 'share', 'vote', 'attend', 'claim', 'follow', 'view'] -%}
with account_weeks as (

    select * from {{ ref('int_account_weeks') }}

),

participants as (

    select
        source,
        member_id,
        account_id,
        is_same_in_all,
        count(*) over (partition by source, member_id) as accounts
    from {{ ref('int_participants') }} as members
    where {{ is_computed('members') }}

),

-- Most members have one account, whose weeks are theirs: only those of several are summed up.
weeks as (

    select
        participants.source,
        participants.member_id,
        participants.is_same_in_all,
        weeks.week_start,
        cast(weeks.active_interactions as bigint) as active_interactions,
        cast(weeks.passive_interactions as bigint) as passive_interactions,
        {%- for type in types %}
        cast(weeks.{{ type }}_interactions as bigint) as {{ type }}_interactions,
        {%- endfor %}
        {%- for day in range(7) %}
        weeks.is_active_day_{{ day + 1 }},
        {%- endfor %}
        weeks.last_active_at,
        weeks.last_seen_at,
        cast(weeks.purchases as bigint) as purchases
    from participants
    inner join account_weeks as weeks on participants.account_id = weeks.account_id
    where participants.accounts = 1

    union all

    select
        participants.source,
        participants.member_id,
        false as is_same_in_all,
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
        cast(sum(weeks.purchases) as bigint) as purchases
    from participants
    inner join account_weeks as weeks on participants.account_id = weeks.account_id
    where participants.accounts > 1
    group by participants.source, participants.member_id, weeks.week_start

),

-- The spans in which somebody counts as a member.
member_spans as (

    select
        spans.source,
        spans.member_id,
        spans.from_week,
        spans.to_week
    from {{ ref('int_unique_membership_spans') }} as spans
    inner join {{ ref('int_community_members') }} as members
        on spans.source = members.source
        and spans.member_id = members.member_id
    where spans.is_member
        and not members.is_excluded

)

select
    weeks.*,
    weeks.active_interactions > 0 or weeks.purchases > 0 as is_sign_of_life,
    member_spans.member_id is not null as is_community_member
from weeks
left join member_spans
    on weeks.source = member_spans.source
    and weeks.member_id = member_spans.member_id
    and member_spans.from_week <= weeks.week_start
    and weeks.week_start < member_spans.to_week
