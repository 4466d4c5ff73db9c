"""The Dagster assets, one module a stage: exports, the dbt models, the published file."""
