-- What an account counts as: itself in its own source, its person in the source 'all'. A person is a bot or official if
-- any of the accounts is.
with participants as (

    select * from {{ ref('int_participants') }}

),

persons as (

    select
        member_id as person_id,
        bool_or(is_bot) as is_bot,
        bool_or(is_official) as is_official
    from participants
    where source = 'all'
    group by member_id

)

select
    own.source,
    own.account_id,
    own.is_bot,
    own.is_official,
    persons.person_id,
    persons.is_bot as person_is_bot,
    persons.is_official as person_is_official
from participants as own
inner join participants as shared
    on own.account_id = shared.account_id
    and shared.source = 'all'
inner join persons on shared.member_id = persons.person_id
where own.source <> 'all'
