with contacts as (

    {{ union_formats('contacts') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

),

dated as (

    select
        contacts.*,
        cast({{ local_time('contacts.contacted_at', 'settings.timezone') }} as date) as local_date,
        settings.week_anchor
    from contacts
    cross join settings

)

select
    source,
    member_id,
    contacted_at,
    play,
    channel,
    {{ week_of('local_date', 'week_anchor') }} as week_start
from dated
