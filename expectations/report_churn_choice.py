"""What has to hold in `report_churn_choice`: one row for each source and week."""

from expectations.checks import ROWS_EXIST, Between, Check, OneOf, Present, RowsCheck, key_checks

REASONS = ("model_is_better", "simple_is_as_good", "simple_alone", "none_is_eligible", "not_enough_history")
RULES = ("silence", "rhythm", "probability", "union", "silence_cut", "probability_cut", "model")
SHARES = (
    "base_rate", "precision", "recall", "simple_precision", "simple_recall", "model_precision", "model_recall",
    "model_auc", "model_brier",
)  # fmt: skip

CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks("source", "week_start"),
    Present(
        name="values_present",
        description="Every choice names a rule and its reason, and on how much it stands.",
        expected="no rule, no reason and no count missing",
        columns=("rule", "reason", "weeks_judged", "members_judged"),
    ),
    OneOf(
        name="rule_known",
        description="The chosen rule is one of those that were compared.",
        expected=f"one of {', '.join(RULES)}",
        columns=("rule",),
        values=RULES,
    ),
    OneOf(
        name="reason_known",
        description="The reason is one that the page has words for.",
        expected=f"one of {', '.join(REASONS)}",
        columns=("reason",),
        values=REASONS,
    ),
    Between(
        name="shares_in_range",
        description="Precision, recall and the like are shares of a whole.",
        expected=f"{', '.join(SHARES)} between 0 and 1",
        columns=SHARES,
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="weeks_within_a_year",
        description="Rules are judged in every fourth of the 52 weeks before.",
        expected="weeks_judged between 0 and 13, and no more members than none without weeks",
        sql="""
            SELECT *, concat(weeks_judged, ' weeks with ', members_judged, ' members') AS observed FROM checked
            WHERE weeks_judged NOT BETWEEN 0 AND 13 OR (weeks_judged = 0) <> (members_judged = 0)""",
    ),
    RowsCheck(
        name="evidence_supports_choice",
        description="A rule chosen by evidence finds four in five and is right more often than calling all silent.",
        expected="recall at least 0.8 and precision above base_rate",
        sql="""
            SELECT *, concat('precision ', precision, ', recall ', recall, ', base rate ', base_rate) AS observed
            FROM checked
            WHERE reason IN ('model_is_better', 'simple_is_as_good', 'simple_alone')
                AND NOT coalesce(recall >= 0.8 AND precision > base_rate, false)""",
    ),
    RowsCheck(
        name="model_only_if_better",
        description="The learned flag is chosen only where it is right more often than the best simple rule.",
        expected="rule model if and only if model_is_better, with precision above simple_precision",
        sql="""
            SELECT *, concat(rule, ' because ', reason, ', precision ', precision, ' to ', simple_precision) AS observed
            FROM checked
            WHERE (rule = 'model') <> (reason = 'model_is_better')
                OR (rule = 'model' AND precision <= coalesce(simple_precision, 0))""",
    ),
    RowsCheck(
        name="some_rule_works",
        description="Some rule finds four in five of those who fall silent, and is right more often than chance.",
        expected="any reason but none_is_eligible",
        # Of one source among several nothing follows that the page's sentence would not say.
        sql="SELECT *, reason AS observed FROM checked WHERE reason = 'none_is_eligible' AND source = 'all'",
        severity="warning",
    ),
)
