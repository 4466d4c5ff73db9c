select
    weeks.source,
    weeks.week_start,
    weeks.members,
    fits.alpha,
    fits.beta,
    fits.gamma,
    fits.delta,
    fits.log_likelihood,
    fits.problem
from {{ ref('int_source_run_weeks') }} as run_weeks
inner join {{ ref('int_churn_weeks') }} as weeks
    on run_weeks.source = weeks.source
    and run_weeks.week_start = weeks.week_start
inner join {{ ref('int_churn_fits') }} as fits on weeks.fit_key = fits.fit_key
