"""stillhere: a weekly roll call for communities.

The flow, and the folder that holds each part: exports are pulled into the lake (`orchestration.exports`, one module a
format in `orchestration.formats`), dbt computes the reports (`dbt_project/`), Great Expectations checks them
(`expectations/`), and only what passed is published (`orchestration.gate`, `orchestration.publish`). Dagster strings
these together (`orchestration.definitions`); the command line runs the same Dagster jobs (`orchestration.cli`).

Nothing heavy is imported here: `stillhere --help` has to answer at once.
"""

__version__ = "0.1.0"
