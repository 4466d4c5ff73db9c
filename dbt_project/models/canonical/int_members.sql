-- An account comes from its source's member list and from everything it is seen doing.
with listed as (

    {{ union_formats('members') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

marked as (

    select
        source,
        source || ':' || native_id as member_id,
        bool_or(is_official) as is_official,
        bool_or(is_bot) as is_bot
    from {{ source('control', 'accounts') }}
    group by source, native_id

),

lists as (

    select
        source,
        member_id,
        max(member_name) as member_name,
        bool_or(is_bot) as is_bot,
        bool_or(is_official) as is_official,
        min(joined_at) as joined_at,
        min(seen_at) as seen_at,
        min(listed_at) as listed_at
    from listed
    group by source, member_id

),

acts as (

    select
        source,
        member_id,
        min(occurred_at) as first_act_at
    from {{ ref('int_interactions') }}
    -- An act of nobody known is content, and no member.
    where member_id is not null
    group by source, member_id

),

purchases as (

    select
        source,
        member_id,
        min(ordered_at) as first_order_at
    from {{ ref('int_orders') }}
    where member_id is not null
    group by source, member_id

),

events as (

    select
        source,
        member_id,
        -- An inferred instant is nobody's joining, and nobody's appearance: whom a later list has again had joined long
        -- before, and a deactivated account was never seen leaving.
        min(case when event_type = 'join' and not is_inferred then occurred_at end) as joined_at,
        min(case when not is_inferred then occurred_at end) as first_event_at
    from {{ ref('int_membership_events') }}
    group by source, member_id

),

accounts as (

    select source, member_id from lists
    union
    select source, member_id from acts
    union
    select source, member_id from purchases
    union
    select source, member_id from events

),

gathered as (

    select
        accounts.source,
        accounts.member_id,
        lists.member_name,
        coalesce(lists.is_bot, false) or coalesce(marked.is_bot, false) as is_bot,
        coalesce(lists.is_official, false) or coalesce(marked.is_official, false) as is_official,
        lists.joined_at as listed_joined_at,
        events.joined_at as event_joined_at,
        least(acts.first_act_at, purchases.first_order_at) as first_act_at,
        events.first_event_at,
        lists.seen_at,
        lists.listed_at
    from accounts
    left join lists on accounts.member_id = lists.member_id and accounts.source = lists.source
    left join acts on accounts.member_id = acts.member_id and accounts.source = acts.source
    left join purchases on accounts.member_id = purchases.member_id and accounts.source = purchases.source
    left join events on accounts.member_id = events.member_id and accounts.source = events.source
    left join marked on accounts.member_id = marked.member_id and accounts.source = marked.source

),

-- What the member list says holds. Otherwise the first that is seen of an account is its joining, for a join that comes after
-- something else (an act, a leave) is a return: the weeks before it, reported when nobody knew of it, have to stay as they were.
-- Without an act or event it is when the account is first seen or listed.
joined as (

    select
        gathered.*,
        case
            when listed_joined_at is not null then least(listed_joined_at, event_joined_at)
            else coalesce(least(first_event_at, first_act_at), seen_at, listed_at)
        end as joined_at,
        listed_joined_at is null
            and coalesce(least(first_event_at, first_act_at) < event_joined_at, true) as joined_at_is_inferred
    from gathered

),

dated as (

    select
        joined.*,
        cast({{ local_time('joined.joined_at', 'settings.timezone') }} as date) as joined_date,
        settings.week_anchor
    from joined
    cross join settings

)

select
    source,
    member_id,
    member_name,
    is_bot,
    is_official,
    joined_at,
    joined_at_is_inferred,
    joined_date,
    {{ week_of('joined_date', 'week_anchor') }} as joined_week
from dated
where joined_at is not null
