-- One row an account of Users.xml: as the latest dump that lists it has it, and since which dump it is listed.
with versions as (

    select
        users.*,
        exports.export_number
    from {{ ref('stg_stackexchange__users') }} as users
    inner join {{ ref('int_exports') }} as exports
        on users.source = exports.source
        and users.export_name = exports.export_name
        and users.loaded_at = exports.loaded_at

),

first_listed as (

    select
        source,
        user_id,
        min(export_number) as first_export_number
    from versions
    group by source, user_id

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
