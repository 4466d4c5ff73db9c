{# A view: it is read once, and follows the run's weeks. #}
{{ config(materialized='view') }}

-- The judged members as the churn model sees them: those with the same history are alike.
select
    source,
    week_start,
    x,
    t_x,
    n,
    count(*) as members
from {{ ref('int_rule_members') }}
where x >= 0
group by source, week_start, x, t_x, n
