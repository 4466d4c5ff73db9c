select
    importances.source,
    importances.week_start,
    importances.feature,
    importances.importance,
    cast(row_number() over (
        partition by importances.source, importances.week_start
        order by importances.importance desc, importances.feature
    ) as integer) as place
from {{ ref('int_model_importances') }} as importances
inner join {{ ref('int_source_run_weeks') }} as weeks
    on importances.source = weeks.source
    and importances.week_start = weeks.week_start
