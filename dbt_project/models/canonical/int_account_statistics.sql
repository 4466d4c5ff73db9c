with statistics as (

    {{ union_formats('account_statistics') }}

),

settings as (

    select * from {{ source('control', 'settings') }}

)

select
    statistics.source,
    statistics.account_id,
    statistics."day",
    statistics.followers,
    statistics.followers_gained,
    statistics.followers_lost,
    statistics.reach,
    statistics.views,
    statistics.engagements,
    {{ week_of('statistics."day"', 'settings.week_anchor') }} as week_start
from statistics
cross join settings
