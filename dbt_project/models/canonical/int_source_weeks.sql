with canonical_rows as (

    select source, week_start, false as is_inferred from {{ ref('int_interactions') }}
    union all
    select source, week_start, is_inferred from {{ ref('int_membership_events') }}
    union all
    select source, week_start, false as is_inferred from {{ ref('int_orders') }}
    union all
    select source, week_start, false as is_inferred from {{ ref('int_account_statistics') }}
    union all
    select source, week_start, false as is_inferred from {{ ref('int_content_statistics') }}

)

select
    source,
    week_start,
    -- A conclusion from a list of members says nothing about whether what happened in that week was exported.
    count(case when not is_inferred then 1 end) as "rows"
from canonical_rows
group by source, week_start
