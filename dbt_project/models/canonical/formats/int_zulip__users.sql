-- One row an account of realm.json: as the latest export that lists it has it, and since which export it is listed.
with versions as (

    {{ versions_of(ref('stg_zulip__users'), age='last_login_at') }}

),

first_listed as (

    {{ first_listed_of('user_id') }}

),

latest as (

    select *
    from versions
    qualify {{ latest_version("source, user_id", "file_last_at") }}

)

select
    latest.source,
    latest.user_id,
    latest.full_name,
    latest.is_bot,
    latest.is_official,
    latest.is_active,
    latest.is_placeholder,
    latest.joined_at,
    latest.last_login_at,
    first_listed.first_export_number
from latest
inner join first_listed
    on latest.source = first_listed.source
    and latest.user_id = first_listed.user_id
