def model(dbt, session):
    dbt.config(materialized="table", tags=["run_weeks"])
    from orchestration.churn import weekly

    histories = dbt.ref("int_rule_histories")
    judged = histories.project("source, week_start, true as is_scored_whole").distinct()
    fits = dbt.ref("int_churn_weeks").join(judged, "source, week_start", "semi")
    return weekly.scores(judged, fits, histories, dbt.ref("int_churn_fits"))
