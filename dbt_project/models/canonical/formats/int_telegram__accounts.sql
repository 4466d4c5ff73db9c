-- Accounts by id, wherever one is written: as an author, as the actor of a service message, as who reacted.
with sightings as (

    select
        source,
        account_id,
        account_name,
        is_bot,
        occurred_at,
        export_number
    from {{ ref('int_telegram__messages') }}
    where account_id is not null

    union all

    select
        source,
        account_id,
        account_name,
        false as is_bot,
        occurred_at,
        export_number
    from {{ ref('int_telegram__reactors') }}

)

select
    source,
    account_id,
    account_name,
    -- A channel or group that speaks for itself is no person.
    account_id not like 'user%' as is_official,
    bool_or(is_bot) as is_bot,
    min(occurred_at) as seen_at,
    max(export_number) as export_number
from sightings
group by source, account_id, account_name
