"""What has to hold in `report_churn_features`: one row for each source, week and feature of the learned flag."""

from expectations.checks import Between, Check, Present, RowsCheck, key_checks

CHECKS: tuple[Check, ...] = (
    *key_checks("source", "week_start", "feature"),
    Present(
        name="values_present",
        description="Every feature has an importance and a place.",
        expected="no importance and no place missing",
        columns=("importance", "place"),
    ),
    Between(
        name="importance_in_range",
        description="An importance is a difference of two AUCs.",
        expected="importance between -1 and 1",
        columns=("importance",),
        at_least=-1,
        at_most=1,
    ),
    RowsCheck(
        name="places_follow_importance",
        description="The more a feature matters, the nearer its place is to the first.",
        expected="places 1, 2, 3, ... in the order of importance",
        sql="""
            SELECT source, week_start, feature, concat('place ', place, ' instead of ', its_place) AS observed
            FROM (
                SELECT *, row_number() OVER (PARTITION BY source, week_start ORDER BY importance DESC, feature)
                    AS its_place
                FROM checked WHERE source IS NOT NULL AND feature IS NOT NULL AND importance IS NOT NULL
            )
            WHERE place <> its_place""",
    ),
    RowsCheck(
        name="judged_in_choice",
        description="A model that has features was judged beside the other rules.",
        expected="model_auc in report_churn_choice wherever a feature matters",
        counts_rows=False,
        sql="""
            SELECT source, week_start, 'no model_auc' AS observed
            FROM (SELECT DISTINCT source, week_start FROM checked WHERE source IS NOT NULL AND importance <> 0)
            JOIN reports.report_churn_choice AS choice USING (source, week_start)
            WHERE choice.model_auc IS NULL AND choice.reason <> 'not_enough_history'""",
    ),
)
