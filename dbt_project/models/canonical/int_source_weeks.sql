with canonical_rows as (

    select source, week_start from {{ ref('int_interactions') }}
    union all
    select source, week_start from {{ ref('int_membership_events') }}
    union all
    select source, week_start from {{ ref('int_orders') }}
    union all
    select source, week_start from {{ ref('int_account_statistics') }}
    union all
    select source, week_start from {{ ref('int_content_statistics') }}

)

select
    source,
    week_start,
    count(*) as "rows"
from canonical_rows
group by source, week_start
