"""What has to hold in `report_churn_backtest`: one row for each source, week and rule."""

from expectations.checks import Between, Check, OneOf, Present, RowsCheck, key_checks

RULES = ("silence", "rhythm", "probability", "union", "always")
LEARNED = ("silence_cut", "probability_cut", "model")
"""Rules with a cut that is learned from the weeks before, where there are enough of them."""

KEY = ("source", "week_start", "rule")
COUNTS = ("population", "tp", "fp", "fn", "tn")
SHARES = ("base_rate", "precision", "recall", "f1", "auc", "brier")


def quotient(column: str, numerator: str, denominator: str, description: str) -> RowsCheck:
    """A measure is the ratio of its two counts, and null exactly where the second is 0."""
    return RowsCheck(
        name=f"{column}_matches_counts",
        description=description,
        expected=f"{column} = ({numerator}) / ({denominator}), null where that is 0",
        key=KEY,
        sql=f"""
            SELECT *, concat(coalesce(CAST("{column}" AS VARCHAR), 'null'), ' for ', {numerator}, '/', {denominator})
                   AS observed
            FROM checked WHERE ("{column}" IS NULL) <> ({denominator} = 0)
                OR abs("{column}" - ({numerator}) / nullif({denominator}, 0)) > 1e-9""",
    )


CHECKS: tuple[Check, ...] = (
    *key_checks(*KEY),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="no count missing",
        columns=COUNTS,
        key=KEY,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="every count at least 0",
        columns=COUNTS,
        key=KEY,
        at_least=0,
    ),
    Between(
        name="rates_in_range",
        description="Shares, the area under the curve and squared errors of chances lie in [0, 1].",
        expected=f"{', '.join(SHARES)} between 0 and 1",
        columns=SHARES,
        key=KEY,
        at_least=0,
        at_most=1,
    ),
    OneOf(
        name="rule_known",
        description="Only the five rules and those with a learned cut occur.",
        expected=f"rule one of {', '.join((*RULES, *LEARNED))}",
        columns=("rule",),
        key=KEY,
        values=(*RULES, *LEARNED),
    ),
    RowsCheck(
        name="rules_complete",
        description="Every rule without a learned cut is judged in every week, or none.",
        expected="five such rows a source and week",
        key=("source", "week_start"),
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, concat(count(DISTINCT rule), ' rules') AS observed
            FROM checked WHERE source IS NOT NULL AND rule NOT IN {LEARNED}
            GROUP BY ALL HAVING count(DISTINCT rule) < {len(RULES)}""",
    ),
    RowsCheck(
        name="outcomes_add_up",
        description="Every member is flagged or not, and had a sign of life since or not.",
        expected="tp + fp + fn + tn = population",
        key=KEY,
        sql="""
            SELECT *, concat(tp + fp + fn + tn, ' instead of ', population) AS observed
            FROM checked WHERE tp + fp + fn + tn <> population""",
    ),
    RowsCheck(
        name="rules_judge_the_same_members",
        description="All rules are held against the same members and the same that came.",
        expected="one population and one tp + fn for all rules of a source and week",
        key=("source", "week_start"),
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, concat(min(population), ' to ', max(population), ' members, ',
                   min(tp + fn), ' to ', max(tp + fn), ' gone') AS observed
            FROM checked WHERE source IS NOT NULL AND rule NOT IN {LEARNED}
            GROUP BY ALL HAVING min(population) < max(population) OR min(tp + fn) < max(tp + fn)""",
    ),
    RowsCheck(
        name="learned_judge_no_others",
        description="Rules with a learned cut are held against the same members, or a part of them.",
        expected="a population of at most that of the rule always",
        key=KEY,
        sql=f"""
            SELECT c.source, c.week_start, c.rule, concat(c.population, ' of ', a.population) AS observed
            FROM checked c JOIN (SELECT * FROM checked WHERE rule = 'always') a USING (source, week_start)
            WHERE c.rule IN {LEARNED} AND c.population > a.population""",
    ),
    RowsCheck(
        name="always_flags_everybody",
        description="The rule to compare with flags all.",
        expected="fn and tn 0 for the rule always",
        key=KEY,
        sql="""
            SELECT *, concat('fn ', fn, ', tn ', tn) AS observed FROM checked WHERE rule = 'always' AND fn + tn > 0""",
    ),
    RowsCheck(
        name="union_flags_most",
        description="Whoever one rule flags is flagged by the union.",
        expected="tp and fp of each rule at most those of the union",
        key=KEY,
        sql="""
            SELECT c.source, c.week_start, c.rule, concat(c.tp + c.fp, ' of ', u.tp + u.fp) AS observed
            FROM checked c JOIN (SELECT * FROM checked WHERE rule = 'union') u USING (source, week_start)
            WHERE c.rule IN ('silence', 'rhythm', 'probability') AND (c.tp > u.tp OR c.fp > u.fp)""",
    ),
    quotient("base_rate", "tp + fn", "tp + fp + fn + tn", "The base rate is who had no sign of life, of all."),
    quotient("precision", "tp", "tp + fp", "Precision is what its counts give."),
    quotient("recall", "tp", "tp + fn", "Recall is what its counts give."),
    quotient("f1", "2 * tp", "2 * tp + fp + fn", "F1 is what its counts give."),
    quotient("lift", "tp * (tp + fp + fn + tn)", "(tp + fp) * (tp + fn)", "Lift is precision by base rate."),
    RowsCheck(
        name="only_chances_rank",
        description="Only rules with a score put members in an order, and only chances have squared errors.",
        expected="auc null for silence, rhythm, union and always, brier for silence_cut too",
        key=KEY,
        sql="""
            SELECT *, concat('auc ', auc, ', brier ', brier) AS observed
            FROM checked WHERE rule NOT IN ('probability', 'probability_cut', 'model')
                AND (brier IS NOT NULL OR (auc IS NOT NULL AND rule <> 'silence_cut'))""",
    ),
    RowsCheck(
        name="flags_better_than_chance",
        description="Over the last 26 weeks the flagged fell silent more often than members picked by chance.",
        expected="precision of the union above the base rate",
        severity="warning",
        key=KEY,
        sql="""
            SELECT source, week_start, rule, concat(round(right_ones / flagged, 3), ' of a base rate of ',
                   round(gone / members, 3)) AS observed
            FROM (
                SELECT c.source, c.week_start, c.rule, sum(b.tp) AS right_ones, sum(b.tp + b.fp) AS flagged,
                    sum(b.tp + b.fn) AS gone, sum(b.population) AS members
                FROM (SELECT * FROM checked WHERE rule = 'union') c
                JOIN reports.report_churn_backtest b ON b.source = c.source AND b.rule = c.rule
                    AND b.week_start <= c.week_start AND b.week_start > c.week_start - 182
                GROUP BY ALL
            )
            WHERE flagged >= 100 AND right_ones / flagged < gone / members""",
    ),
)
