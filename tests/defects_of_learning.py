"""The learned flag's features and the choice of a rule: good rows, and a defect for each check of their suites."""

from tests.defect_sql import change, copy, delete

GOOD_ROWS = """
CREATE TABLE reports.report_churn_features AS SELECT source, week_start, feature, importance, place
    FROM grid CROSS JOIN (VALUES ('silence_weeks', 0.09, 1), ('active_weeks', 0.02, 2), ('posts_12', 0.0, 3))
        AS f(feature, importance, place) WHERE n >= 4;
CREATE TABLE reports.report_churn_choice AS SELECT source, week_start, 'model' AS rule, 'model_is_better' AS reason,
    13 AS weeks_judged, 400 AS members_judged, CAST(0.6 AS DOUBLE) AS base_rate, CAST(0.8 AS DOUBLE) AS precision,
    CAST(0.85 AS DOUBLE) AS recall, 0.8 / 0.6 AS lift, CAST(0.55 AS DOUBLE) AS cut, 'silence_cut' AS simple_rule,
    CAST(0.7 AS DOUBLE) AS simple_precision, CAST(0.9 AS DOUBLE) AS simple_recall,
    CAST(0.8 AS DOUBLE) AS model_precision, CAST(0.85 AS DOUBLE) AS model_recall, CAST(0.78 AS DOUBLE) AS model_auc,
    CAST(0.16 AS DOUBLE) AS model_brier FROM grid;
INSERT INTO reports.report_churn_backtest SELECT source, week_start, 'model', 40, 0.5, 16, 4, 4, 16, 0.8, 0.8, 0.8, 1.6,
    0.85, 0.15 FROM grid;
"""

FIRST, SECOND = "source = 'forum' AND place = 1", "source = 'forum' AND place = 2"

DEFECTS = {
    "report_churn_features": {
        "keys_present": copy("report_churn_features", "NULL AS source", FIRST),
        "key_unique": change("report_churn_features", "feature = 'active_weeks'", FIRST),
        "values_present": change("report_churn_features", "importance = NULL", "source = 'forum' AND place = 3"),
        "importance_in_range": change("report_churn_features", "importance = 2", FIRST),
        "places_follow_importance": change("report_churn_features", "importance = 0.5", SECOND),
        "judged_in_choice": change("report_churn_choice", "model_auc = NULL"),
    },
    "report_churn_choice": {
        "rows_exist": delete("report_churn_choice"),
        "keys_present": copy("report_churn_choice", "NULL AS source"),
        "key_unique": copy("report_churn_choice", "source AS source"),
        "values_present": change("report_churn_choice", "members_judged = NULL"),
        "rule_known": change("report_churn_choice", "rule = 'coin', reason = 'simple_is_as_good'"),
        "reason_known": change("report_churn_choice", "rule = 'silence_cut', reason = 'because'"),
        "shares_in_range": change("report_churn_choice", "model_brier = 1.5"),
        "weeks_within_a_year": change("report_churn_choice", "weeks_judged = 14"),
        "evidence_supports_choice": change("report_churn_choice", "recall = 0.7"),
        "model_only_if_better": change("report_churn_choice", "simple_precision = 0.81"),
        "some_rule_works": change(
            "report_churn_choice", "rule = 'union', reason = 'none_is_eligible'", "source = 'all'"
        ),
    },
}
