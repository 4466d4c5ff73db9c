def model(dbt, session):
    dbt.config(materialized="table", tags=["run_weeks"])
    from orchestration.churn import importance

    return importance.importances(
        dbt.ref("int_churn_features"), dbt.ref("int_model_fits"), dbt.ref("int_judged_weeks"), dbt.ref("int_rule_cuts")
    )
