def model(dbt, session):
    # Fits are kept by what they were made from: a run fits the weeks whose histories are new, and no other.
    dbt.config(materialized="incremental", incremental_strategy="append", tags=["run_weeks"])
    from orchestration.churn import weekly

    known = session.table(str(dbt.this)) if dbt.is_incremental else None
    [(min_members,)] = dbt.source("control", "settings").project("fit_min_members").fetchall()
    return weekly.new_fits(dbt.ref("int_churn_weeks"), dbt.ref("int_churn_histories"), known, min_members)
