-- One row a listed user: as the latest export that lists it has it, and since which export it is listed. A list that
-- leaves something out (directories do) does not take away what another says.
with versions as (

    {{ versions_of(ref('stg_discourse__users')) }}

),

ordered as (

    select
        *,
        row_number() over (
            partition by source, user_id
            order by export_number, file_name, row_number_in_file
        ) as version_number
    from versions

)

select
    source,
    user_id,
    max_by(username, version_number) filter (where username is not null) as username,
    max_by(joined_at, version_number) filter (where joined_at is not null) as joined_at,
    max_by(trust_level, version_number) filter (where trust_level is not null) as trust_level,
    max_by(is_official, version_number) as is_official,
    min(export_number) as first_export_number
from ordered
group by source, user_id
