def model(dbt, session):
    dbt.config(materialized="table", tags=["run_weeks"])
    from orchestration.churn import weekly

    return weekly.scores(dbt.ref("int_rule_histories"), dbt.ref("int_churn_weeks"), dbt.ref("int_churn_fits"))
