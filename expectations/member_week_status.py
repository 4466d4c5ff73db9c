"""What has to hold in `member_week_status`: one row for each source, member and week, the last weeks only.

By far the largest table: what many members have in common is checked on kinds of members, and the rest by one scan of
a few columns a check, folded inside DuckDB.
"""

from itertools import combinations

from expectations.checks import KEY, Between, Check, ColumnCheck, OneOf, Present, RowsCheck
from expectations.member_tables import Decided, Prepared, decided, key_checks_among_millions
from expectations.report_churn import STATUSES as MEMBER_STATUSES
from expectations.report_lifecycle import STAGES

STATUSES = (*MEMBER_STATUSES, "left")
ROW = ("source", "member_id", "week_start")
RULES = ("silence", "rhythm", "probability")
REASONS = tuple("+".join(rules) for many in (1, 2, 3) for rules in combinations(RULES, many))


# Members of a week who are alike in all that the checks below ask: how many, and their least and largest chances. Of
# `flagged_since` it matters only whether it is there, so it is true or null here; of `active_weeks` whether there are
# any, so it is true or false.
KINDS = Prepared(
    "kinds_of_members",
    "member_week_status",
    """
    SELECT source, week_start, status, lifecycle_stage, flagged_by, silence_weeks,
           nullif(flagged_since IS NOT NULL, false) AS flagged_since, active_weeks > 0 AS active_weeks,
           p_alive IS NULL AS without_p_alive, p_active_4w IS NULL AS without_p_active_4w,
           min(p_alive) AS p_alive, max(p_alive) AS p_alive_most,
           min(p_active_4w) AS p_active_4w, max(p_active_4w) AS p_active_4w_most, count(*) AS members
    FROM batch GROUP BY ALL""",
)


def breach(condition: str, observed: str, tables: str = "checked") -> str:
    """SQL for the rows in which a condition on the row alone is broken."""
    return f"SELECT source, member_id, week_start, {observed} AS observed FROM {tables} WHERE {condition}"


def alike(check: Check, condition: str, joined: str = "") -> Decided:
    """A check that members who are alike pass or fail together, decided by their kinds.

    Args:
        condition: what fails, said of a kind; it may read what is `joined`.
    """
    return decided(check, f"SELECT week_start FROM temp.{KINDS.name} {joined} WHERE {condition}", KINDS)


def breach_alike(*, condition: str, observed: str, joined: str = "", **words: str) -> Decided:
    """A check of each row on its own, for conditions on columns that kinds of members have."""
    check = RowsCheck(key=ROW, sql=breach(condition, observed, f"checked {joined}"), **words)
    return alike(check, f"week_start IS NOT NULL AND ({condition})", joined)


def columns_alike(check: ColumnCheck) -> Decided:
    """A check of columns that kinds of members have as they are."""
    return alike(check, " OR ".join(map(check.violates, check.columns)))


def counts_match(*, column: str, values: tuple[str, ...], counted: str, reported: str, **words: str) -> Decided:
    """A check that values have as many rows, by source and week, as another report says.

    `counted` chooses the rows; `reported` gives (source, week_start, value, members), and is asked only for weeks that
    are kept here.
    """

    def differences(rows: str) -> str:
        return f"""
        WITH counted AS (
            SELECT source, week_start, {column} AS value, sum(members) AS members FROM {rows}
            WHERE {counted} AND {column} IN {values} GROUP BY ALL
        )
        SELECT source, week_start, value, concat(value, ' ', coalesce(c.members, 0), ' instead of ',
               coalesce(CAST(r.members AS VARCHAR), 'no row')) AS observed
        FROM counted c FULL JOIN (
            SELECT * FROM ({reported}) WHERE week_start IN (SELECT week_start FROM {rows})
        ) r USING (source, week_start, value)
        WHERE coalesce(c.members, 0) IS DISTINCT FROM r.members"""

    sql = differences("(SELECT *, 1 AS members FROM checked)")
    check = RowsCheck(key=("source", "week_start", "value"), counts_rows=False, sql=sql, **words)
    return decided(check, differences(f"(SELECT * FROM temp.{KINDS.name} WHERE week_start IS NOT NULL)"), KINDS)


CHECKS: tuple[Check, ...] = (
    RowsCheck(
        name="rows_exist",
        description="Every week that is still kept has rows, if the community has members.",
        expected="at least one row in each of the last member_weeks_kept weeks",
        key=("week_start",),
        counts_rows=False,
        sql="""
            SELECT DISTINCT week_start, 'no rows' AS observed
            FROM weeks JOIN reports.report_activity a USING (week_start)
            ANTI JOIN (SELECT DISTINCT week_start FROM checked) present USING (week_start)
            WHERE a.members > 0 AND week_start > (
                SELECT max(week_start) FROM reports.report_activity
            ) - 7 * (SELECT CAST(max(member_weeks_kept) AS INTEGER) FROM control.settings)""",
    ),
    *key_checks_among_millions("member_week_status"),
    columns_alike(
        Present(
            name="values_present",
            description="Every member has a status.",
            expected="status never missing",
            columns=("status",),
            key=ROW,
        )
    ),
    columns_alike(
        OneOf(
            name="status_known",
            description="Only the six statuses occur.",
            expected=f"status one of {', '.join(STATUSES)}",
            columns=("status",),
            key=ROW,
            values=STATUSES,
        )
    ),
    counts_match(
        name="statuses_match_churn",
        description="As many members have each status as the churn report says.",
        expected="members of each status = its column in report_churn",
        column="status",
        values=STATUSES,
        counted="true",
        reported=f"""SELECT source, week_start, value, members FROM (SELECT source, week_start,
            {", ".join(f'"{status}"' for status in STATUSES)} FROM reports.report_churn)
            UNPIVOT (members FOR value IN ({", ".join(f'"{status}"' for status in STATUSES)}))""",
    ),
    counts_match(
        name="stages_match_lifecycle",
        description="As many members are in each stage as the lifecycle report says.",
        expected="members of each stage who have not left = report_lifecycle.members",
        column="lifecycle_stage",
        values=STAGES,
        counted="status IS DISTINCT FROM 'left'",
        reported="""SELECT source, week_start, stage AS value, max(members) AS members
            FROM reports.report_lifecycle GROUP BY ALL""",
    ),
    breach_alike(
        name="flag_has_reason",
        description="Whoever is flagged is flagged by a rule and since a week, and nobody else is.",
        expected="flagged_by and flagged_since filled exactly for at_risk and churned",
        condition="""(status IN ('at_risk', 'churned')) <> (flagged_by IS NOT NULL)
               OR (status IN ('at_risk', 'churned')) <> (flagged_since IS NOT NULL)""",
        observed="concat(status, ' by ', coalesce(flagged_by, 'nothing'), ' since ',"
        " coalesce(CAST(flagged_since AS VARCHAR), 'never'))",
    ),
    RowsCheck(
        name="flagged_since_not_later",
        description="A flag was not first raised after the week in which it stands.",
        expected="flagged_since at most week_start",
        key=ROW,
        sql=breach("flagged_since > week_start", "concat('since ', flagged_since)"),
    ),
    breach_alike(
        name="silence_matches_status",
        description="Quiet, at risk and churned follow from the weeks of silence and the community's thresholds.",
        expected="quiet, at_risk and churned within their thresholds of silence_weeks, at_risk also by another rule",
        # Members without any silence are said by silence_zero_when_active.
        condition="""silence_weeks IS DISTINCT FROM 0 AND NOT coalesce(CASE status
                WHEN 'churned' THEN silence_weeks >= churned_after_weeks
                WHEN 'quiet' THEN silence_weeks BETWEEN 1 AND at_risk_after_weeks - 1
                WHEN 'at_risk' THEN silence_weeks BETWEEN 1 AND churned_after_weeks - 1
                    AND (silence_weeks >= at_risk_after_weeks OR coalesce(NOT contains(flagged_by, 'silence'), true))
                ELSE true END, false)""",
        observed="concat(status, ' after ', coalesce(CAST(silence_weeks AS VARCHAR), 'null'), ' weeks')",
        joined="CROSS JOIN (SELECT churned_after_weeks, at_risk_after_weeks FROM control.settings)",
    ),
    columns_alike(
        OneOf(
            name="rules_known",
            description="Flags are raised by three rules, named in one order.",
            expected="flagged_by silence, rhythm and probability, joined by +",
            columns=("flagged_by",),
            key=ROW,
            values=REASONS,
        )
    ),
    alike(
        Between(
            name="chances_in_range",
            description="Chances lie between 0 and 1.",
            expected="p_alive and p_active_4w between 0 and 1",
            columns=("p_alive", "p_active_4w"),
            key=ROW,
            at_least=0,
            at_most=1,
        ),
        "p_alive < 0 OR p_alive_most > 1 OR p_active_4w < 0 OR p_active_4w_most > 1",
    ),
    breach_alike(
        name="chances_where_fitted",
        description="Members who were ever active have a chance exactly where the model was fitted.",
        expected="p_alive and p_active_4w filled for members ever active if report_churn_model has a fit, else null",
        condition="""(p_alive IS NULL) <> (p_active_4w IS NULL)
               OR (p_active_4w IS NOT NULL)
                   <> (status <> 'left' AND active_weeks > 0 AND coalesce(m.alpha > 0, false))""",
        observed="concat_ws(' ', status, 'of', active_weeks, 'active weeks, chance',"
        " coalesce(CAST(p_active_4w AS VARCHAR), 'null'))",
        joined="LEFT JOIN (SELECT source, week_start, any_value(alpha) AS alpha FROM reports.report_churn_model"
        " GROUP BY ALL) m USING (source, week_start)",
    ),
    RowsCheck(
        name="gaps_fit",
        description="Gaps lie between active weeks: the longer ones are rarer, and without two weeks there is none.",
        expected="typical_gap_weeks filled from two active weeks on, at most p90_gap_weeks",
        key=ROW,
        sql=breach(
            """(active_weeks >= 2) <> (typical_gap_weeks IS NOT NULL) OR typical_gap_weeks < 1
               OR p90_gap_weeks < typical_gap_weeks OR (p90_gap_weeks IS NOT NULL AND typical_gap_weeks IS NULL)""",
            "concat_ws(' ', active_weeks, 'active weeks, gaps', typical_gap_weeks, p90_gap_weeks)",
        ),
    ),
    breach_alike(
        name="silence_zero_when_active",
        description="A member who was ever active is active exactly if there was a sign of life in the week.",
        expected="silence_weeks = 0 if and only if status is active",
        condition="""status IN ('active', 'quiet', 'at_risk', 'churned')
               AND (status = 'active') <> coalesce(silence_weeks = 0, false)
               AND (silence_weeks >= 0 OR status = 'active')""",
        observed="concat(status, ' after ', coalesce(CAST(silence_weeks AS VARCHAR), 'null'), ' weeks')",
    ),
    RowsCheck(
        name="tenure_at_least_a_day",
        description="Every member has been one for a day at the week's end.",
        expected="tenure_days at least 1",
        key=ROW,
        sql=breach(
            "status <> 'left' AND coalesce(tenure_days < 1, true)", "coalesce(CAST(tenure_days AS VARCHAR), 'null')"
        ),
    ),
    RowsCheck(
        name="last_seen_not_before_active",
        description="Whoever was active was seen.",
        expected="last_seen_at at least last_active_at",
        key=ROW,
        sql=breach(
            "last_active_at IS NOT NULL AND coalesce(last_seen_at < last_active_at, true)",
            "concat('seen ', coalesce(CAST(last_seen_at AS VARCHAR), 'never'), ', active ', last_active_at)",
        ),
    ),
    RowsCheck(
        name="quintiles_for_buyers",
        description="Members who bought have their place among the buyers, and nobody else has.",
        expected="quintiles filled for members with orders, recency and frequency always; null for the others",
        key=ROW,
        sql=breach(
            """(orders_total > 0 AND status <> 'left') <> (recency_quintile IS NOT NULL)
               OR (recency_quintile IS NULL) <> (frequency_quintile IS NULL)
               OR (recency_quintile IS NULL AND money_quintile IS NOT NULL)""",
            "concat_ws(' ', orders_total, 'orders, quintiles', recency_quintile, frequency_quintile, money_quintile)",
        ),
    ),
    Between(
        name="quintiles_in_range",
        description="A fifth is one of five.",
        expected="quintiles from 1 to 5",
        columns=("recency_quintile", "frequency_quintile", "money_quintile"),
        key=ROW,
        at_least=1,
        at_most=5,
    ),
    RowsCheck(
        name="fifths_are_even",
        description="The fifths of a source's buyers are of one size, but for one member.",
        expected="members of any two recency fifths differ by at most one",
        key=KEY,
        counts_rows=False,
        # Values out of range are said by quintiles_in_range.
        sql="""
            SELECT source, week_start, concat('from ', min(members), ' to ', max(members)) AS observed
            FROM (
                SELECT source, week_start, recency_quintile, count(*) AS members FROM checked
                WHERE recency_quintile BETWEEN 1 AND 5 GROUP BY ALL
            )
            GROUP BY source, week_start HAVING max(members) - min(members) > 1""",
    ),
)
