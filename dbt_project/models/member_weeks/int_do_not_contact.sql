-- Whoever asked with one account means all of theirs.
with persons as (

    select distinct everybody.member_id as person_id
    from {{ ref('int_participants') }} as everybody
    inner join {{ source('control', 'do_not_contact') }} as asked on everybody.account_id = asked.account_id
    where everybody.source = 'all'

),

accounts as (

    select everybody.account_id
    from {{ ref('int_participants') }} as everybody
    inner join persons on everybody.member_id = persons.person_id
    where everybody.source = 'all'

)

select distinct
    participants.source,
    participants.member_id
from {{ ref('int_participants') }} as participants
inner join accounts on participants.account_id = accounts.account_id
