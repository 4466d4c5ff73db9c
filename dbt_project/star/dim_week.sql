with editions as (
    select
        week_start,
        max(edition) as edition,
        min(published_at) as first_published_at,
        max(published_at) as published_at
    from reports.report_editions
    group by week_start
)

select
    week_start,
    week_start + 6 as week_end,
    extract(isoyear from week_start + 3) as iso_year,
    extract(week from week_start + 3) as iso_week,
    extract(year from week_start) as year,
    extract(quarter from week_start) as quarter,
    extract(month from week_start) as month,
    row_number() over (order by week_start desc) - 1 as weeks_ago,
    week_start = max(week_start) over () as is_latest,
    edition,
    first_published_at,
    published_at
from editions
