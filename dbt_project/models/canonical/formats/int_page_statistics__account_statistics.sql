-- Several lines of one day that give a level agree or the highest holds; flows add up.
select
    source,
    source || ':' || coalesce(account_id, '') as account_id,
    stat_date as "day",
    max(followers) as followers,
    cast({{ day_total('followers_gained') }} as bigint) as followers_gained,
    cast({{ day_total('followers_lost') }} as bigint) as followers_lost,
    cast({{ day_total('reach') }} as bigint) as reach,
    cast({{ day_total('views') }} as bigint) as views,
    -- What a platform gives no sum of is the sum of its kinds, as far as they are given.
    cast(coalesce(
        {{ day_total('engagements') }},
        case
            when {{ day_total('reactions') }} is not null
                or {{ day_total('replies') }} is not null
                or {{ day_total('shares') }} is not null
                then coalesce({{ day_total('reactions') }}, 0)
                    + coalesce({{ day_total('replies') }}, 0)
                    + coalesce({{ day_total('shares') }}, 0)
        end
    ) as bigint) as engagements
from {{ ref('int_page_statistics__daily') }}
group by source, account_id, stat_date
