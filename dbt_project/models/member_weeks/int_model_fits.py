def model(dbt, session):
    dbt.config(materialized="table", tags=["run_weeks"])
    from orchestration.churn import learned

    return learned.fits(dbt.ref("int_churn_features"), dbt.ref("int_model_trainings"))
