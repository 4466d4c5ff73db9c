"""What has to hold in `report_churn_model`: one row for each source and week."""

from expectations.checks import Between, Check, Present, RowsCheck, key_checks

SHAPES = ("alpha", "beta", "gamma", "delta")
FIT = (*SHAPES, "log_likelihood")

CHECKS: tuple[Check, ...] = (
    *key_checks("source", "week_start"),
    Present(
        name="values_present",
        description="The members are counted, whether they were fitted or not.",
        expected="members never missing",
        columns=("members",),
    ),
    Between(
        name="members_not_negative",
        description="Nobody counts less than nothing.",
        expected="members at least 0",
        columns=("members",),
        at_least=0,
    ),
    Between(
        name="shapes_positive",
        description="The shapes of a beta distribution are above zero.",
        expected="alpha, beta, gamma, delta above 0",
        columns=SHAPES,
        at_least=1e-9,
    ),
    RowsCheck(
        name="fit_or_problem",
        description="There is either a whole fit or the reason why there is none.",
        expected=f"{', '.join(FIT)} filled exactly where problem is not",
        sql=f"""
            SELECT *, concat_ws(' ', 'problem', coalesce(problem, 'none'), 'alpha',
                   coalesce(CAST(alpha AS VARCHAR), 'null')) AS observed
            FROM checked WHERE {" OR ".join(f"(problem IS NULL) <> ({column} IS NOT NULL)" for column in FIT)}""",
    ),
    RowsCheck(
        name="sources_complete",
        description="Every source of the week has its row, whether there is a fit or not.",
        expected="a row for each source in report_activity",
        counts_rows=False,
        sql="""
            SELECT source, week_start, 'no row' AS observed
            FROM (SELECT source, week_start FROM reports.report_activity SEMI JOIN weeks USING (week_start))
            ANTI JOIN (SELECT source, week_start FROM checked) there USING (source, week_start)""",
    ),
    RowsCheck(
        name="members_within_activity",
        description="The model stands on members of the community.",
        expected="members at most report_activity.members",
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat(c.members, ' of ', a.members) AS observed
            FROM checked c JOIN reports.report_activity a USING (source, week_start) WHERE c.members > a.members""",
    ),
    RowsCheck(
        name="model_fitted",
        description="The churn model could be fitted. Where it could not, nobody is flagged by probability.",
        expected="a fit, if the whole community has members enough",
        severity="warning",
        # A shop has buyers and nobody active, alone or as one source of several: that it is too small is no news.
        sql="""
            SELECT *, problem AS observed FROM checked
            WHERE problem IS NOT NULL AND ((source = 'all' AND members > 0) OR problem NOT LIKE 'too few%')""",
    ),
)
