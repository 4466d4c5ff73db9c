-- One row an account of the member list, as the latest export that lists it has it.
with versions as (

    {{ versions_of(ref('stg_table__members')) }}

),

first_listed as (

    {{ first_listed_of('native_id') }}

),

first_instants as (

    select
        source,
        min(first_at) as first_at
    from {{ ref('int_exports') }}
    group by source

),

latest as (

    select *
    from versions
    qualify {{ latest_version("source, native_id") }}

)

select
    latest.source,
    latest.source || ':' || latest.native_id as member_id,
    latest.native_id,
    latest.member_name,
    latest.is_bot,
    latest.is_official,
    latest.joined_at,
    latest.left_at,
    coalesce(exports.previous_last_at, first_instants.first_at) as listed_at,
    cast(null as timestamp) as seen_at,
    latest.attributes
from latest
inner join first_listed
    on latest.source = first_listed.source
    and latest.native_id = first_listed.native_id
inner join {{ ref('int_exports') }} as exports
    on latest.source = exports.source
    and first_listed.first_export_number = exports.export_number
left join first_instants on latest.source = first_instants.source
