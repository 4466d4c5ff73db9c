"""What has to hold in `report_retention`: one row for each source, cohort and weeks since."""

from expectations.checks import Between, Check, Present, RowsCheck, key_checks

CELL = ("source", "cohort_week", "weeks_since")


def gaps(seen: str, condition: str = "true") -> str:
    """SQL for cohorts seen in weeks chosen by a condition that have no cell in a week they belong to."""
    return f"""
        SELECT c.source, w.week_start, c.cohort_week,
               date_diff('day', c.cohort_week, w.week_start) // 7 AS weeks_since, 'no cell' AS observed
        FROM (SELECT DISTINCT week_start FROM checked) w
        JOIN (SELECT source, cohort_week, min(week_start) AS first_seen FROM reports.report_retention
              WHERE source IS NOT NULL AND {seen} GROUP BY source, cohort_week) c ON c.cohort_week <= w.week_start
        ANTI JOIN checked cell ON cell.source = c.source AND cell.cohort_week = c.cohort_week
            AND cell.week_start = w.week_start
        WHERE {condition}"""


CHECKS: tuple[Check, ...] = (
    RowsCheck(
        name="rows_exist",
        description="The week has rows, once anybody was ever active.",
        expected="at least one row in the week",
        key=("week_start",),
        counts_rows=False,
        sql="""
            SELECT week_start, 'no rows' AS observed FROM weeks ANTI JOIN checked USING (week_start)
            WHERE week_start >= (SELECT min(week_start) FROM reports.report_activity WHERE active_members > 0)""",
    ),
    *key_checks(*CELL),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="cohort_size and active_members never missing",
        columns=("cohort_size", "active_members"),
        key=CELL,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="weeks_since, cohort_size and active_members at least 0",
        columns=("weeks_since", "cohort_size", "active_members"),
        key=CELL,
        at_least=0,
    ),
    Between(
        name="retention_in_range",
        description="Retention is a share of the cohort.",
        expected="retention between 0 and 1",
        columns=("retention",),
        key=CELL,
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="retention_null_when_undefined",
        description="Retention is null exactly where the cohort has nobody left in it.",
        expected="retention null if and only if cohort_size is 0",
        key=CELL,
        sql="""
            SELECT *, concat(coalesce(CAST(retention AS VARCHAR), 'null'), ' of ', cohort_size) AS observed
            FROM checked WHERE (retention IS NULL) <> (cohort_size = 0)""",
    ),
    RowsCheck(
        name="retention_matches_counts",
        description="Retention is what its two counts give.",
        expected="retention = active_members / cohort_size",
        key=CELL,
        # Out of [0, 1] is said by retention_in_range, the first week of a cohort by cohort_starts_whole.
        sql="""
            SELECT *, concat(retention, ' for ', active_members, '/', cohort_size) AS observed
            FROM checked WHERE weeks_since <> 0 AND cohort_size > 0 AND retention BETWEEN 0 AND 1
                AND abs(retention - active_members / cohort_size) > 1e-6""",
    ),
    RowsCheck(
        name="cohort_starts_whole",
        description="In its first week the whole cohort is active: that is what makes it the cohort.",
        expected="retention 1 and active_members = cohort_size at weeks_since 0",
        key=CELL,
        sql="""
            SELECT *, concat(active_members, ' of ', cohort_size, ', retention ', retention) AS observed
            FROM checked WHERE weeks_since = 0 AND (abs(retention - 1) > 1e-6 OR active_members <> cohort_size)""",
    ),
    RowsCheck(
        name="weeks_since_matches_dates",
        description="The week of a cell is as many weeks after the cohort's as it says.",
        expected="week_start = cohort_week + weeks_since weeks",
        key=CELL,
        sql="""
            SELECT *, concat(weeks_since, ' weeks from ', cohort_week, ' to ', week_start) AS observed
            FROM checked WHERE weeks_since >= 0 AND date_diff('day', cohort_week, week_start) <> 7 * weeks_since""",
    ),
    RowsCheck(
        name="no_cohort_missing",
        description="Every cohort that began by this week, as this run computed them, has its cell.",
        expected="a cell for every cohort of the weeks validated together",
        key=CELL,
        counts_rows=False,
        sql=gaps("week_start IN (SELECT week_start FROM weeks)"),
    ),
    RowsCheck(
        name="no_cohort_missing_earlier",
        severity="warning",
        # Late rows may have moved a cohort's members to an older one since that week was computed.
        description="Every cohort that an earlier week shows, computed in another run, has its cell.",
        expected="a cell for every cohort of earlier weeks",
        key=CELL,
        counts_rows=False,
        sql=gaps(
            "week_start NOT IN (SELECT week_start FROM weeks)"
            " AND (source, cohort_week) NOT IN (SELECT (source, cohort_week) FROM checked)",
            "c.first_seen < w.week_start",
        ),
    ),
    RowsCheck(
        name="active_matches_activity",
        description="The active members of all cohorts are active members of the week.",
        expected="active_members of the cohorts add up to at most report_activity.active_members",
        key=("source", "week_start"),
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat(c.total, ' of ', a.active_members) AS observed
            FROM (SELECT source, week_start, max(active_members) AS active_members
                  FROM reports.report_activity SEMI JOIN checked USING (week_start) GROUP BY ALL) a
            JOIN (SELECT source, week_start, sum(active_members) AS total FROM checked GROUP BY ALL) c
                USING (source, week_start)
            WHERE c.total > a.active_members""",
    ),
)
