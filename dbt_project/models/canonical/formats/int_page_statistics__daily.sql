{%- set figures = ['reach', 'views', 'engagements', 'reactions', 'replies', 'shares', 'clicks'] -%}
-- Figures of a day are taken as they are. Figures of all time are snapshots: what they grew by counts on the later day,
-- and the first of them on the day of the post. Where a post has figures by day, its snapshots would count them twice.
-- What nobody can see has no figures of all time; those of a day are of a time when it was seen.
with settings as (

    select * from {{ source('control', 'settings') }}

),

figures as (

    select
        rows_of_files.*,
        coalesce(rows_of_files.account, posts.account) as account_id,
        posts.posted_at as content_posted_at
    from {{ ref('int_page_statistics__rows') }} as rows_of_files
    left join {{ ref('int_page_statistics__posts') }} as posts
        on rows_of_files.source = posts.source
        and rows_of_files.content = posts.content
    where coalesce(posts.is_visible, true)
        or rows_of_files.stat_date is not null

),

by_day as (

    select
        source,
        account_id,
        content,
        stat_date,
        is_total,
        followers,
        followers_gained,
        followers_lost,
        {{ figures | join(',\n        ') }}
    from figures
    where stat_date is not null

),

posts_by_day as (

    select distinct source, content
    from by_day
    where content is not null

),

snapshots as (

    select
        figures.source,
        figures.account_id,
        figures.content,
        case
            when row_number() over snapshots = 1 then coalesce(figures.content_posted_at, figures.as_of)
            else figures.as_of
        end as counted_at,
        {%- for figure in figures %}
        {{ growth('figures.' ~ figure) }} as {{ figure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from figures
    left join posts_by_day
        on figures.source = posts_by_day.source
        and figures.content = posts_by_day.content
    where figures.stat_date is null
        and figures.as_of is not null
        and figures.content is not null
        and posts_by_day.content is null
    window snapshots as (partition by figures.source, figures.content order by figures.as_of, figures.export_number)

),

levels as (

    select
        source,
        account_id,
        followers,
        as_of as counted_at
    from figures
    where stat_date is null
        and as_of is not null
        and content is null

)

select *
from by_day

union all by name

select
    snapshots.source,
    snapshots.account_id,
    snapshots.content,
    cast({{ local_time('snapshots.counted_at', 'settings.timezone') }} as date) as stat_date,
    false as is_total,
    {{ figures | join(',\n    ') }}
from snapshots
cross join settings

union all by name

select
    levels.source,
    levels.account_id,
    cast({{ local_time('levels.counted_at', 'settings.timezone') }} as date) as stat_date,
    true as is_total,
    levels.followers
from levels
cross join settings
