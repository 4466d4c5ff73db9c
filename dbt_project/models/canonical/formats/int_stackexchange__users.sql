-- One row an account of Users.xml: as the latest dump that lists it has it, and since which dump it is listed.
with versions as (

    {{ versions_of(ref('stg_stackexchange__users')) }}

),

first_listed as (

    {{ first_listed_of('user_id') }}

),

latest as (

    select *
    from versions
    qualify {{ latest_version("source, user_id") }}

)

select
    latest.source,
    latest.user_id,
    latest.user_name,
    latest.joined_at,
    first_listed.first_export_number
from latest
inner join first_listed
    on latest.source = first_listed.source
    and latest.user_id = first_listed.user_id
