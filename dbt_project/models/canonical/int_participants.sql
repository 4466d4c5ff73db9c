-- Whom the figures count: each account in its own source, and each person once in the source 'all'.
with accounts as (

    select * from {{ ref('int_members') }}

),

identities as (

    select distinct
        source || ':' || native_id as account_id,
        person
    from {{ source('control', 'identities') }}

),

scoped as (

    select
        source,
        member_id,
        member_id as account_id
    from accounts

    union all

    select
        'all' as source,
        coalesce(identities.person, accounts.member_id) as member_id,
        accounts.member_id as account_id
    from accounts
    left join identities on accounts.member_id = identities.account_id

),

-- Whose person has this one account alone, and its id.
same_in_all as (

    select member_id as account_id
    from scoped
    where source = 'all'
    group by member_id
    having count(*) = 1
        and min(account_id) = member_id

)

select
    scoped.source,
    scoped.member_id,
    scoped.account_id,
    same_in_all.account_id is not null as is_same_in_all,
    accounts.member_name,
    accounts.is_bot,
    accounts.is_official,
    accounts.joined_at,
    accounts.joined_at_is_inferred,
    accounts.joined_date,
    accounts.joined_week
from scoped
inner join accounts on scoped.account_id = accounts.member_id
left join same_in_all on scoped.account_id = same_in_all.account_id
