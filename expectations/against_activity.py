"""Checks that hold a report against `report_activity`, and a figure against its own recent weeks."""

from expectations.checks import RowsCheck


def adds_up_to_activity(
    *, name: str, description: str, expected: str, column: str, total: str, figure: str, severity: str = "critical"
) -> RowsCheck:
    """Check that the rows of a source and week add up to a figure of `report_activity`.

    Args:
        column: what is added up; where it is missing in a row, `values_present` says so and this check does not.
        total: SQL aggregate over the report's rows.
        figure: SQL over a row of `report_activity`, which is `a`.
    """
    return RowsCheck(
        name=name,
        severity=severity,
        description=description,
        expected=expected,
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, concat(coalesce(CAST(any_value(c.total) AS VARCHAR), 'nothing'), ' instead of ',
                   coalesce(CAST(any_value(a.figure) AS VARCHAR), 'no row')) AS observed
            FROM (SELECT source, week_start, {total} AS total, bool_or({column} IS NULL) AS is_missing
                  FROM checked GROUP BY source, week_start) c
            FULL JOIN (SELECT a.source, a.week_start, {figure} AS figure
                       FROM reports.report_activity a SEMI JOIN checked USING (week_start)) a USING (source, week_start)
            WHERE source IS NOT NULL
            GROUP BY source, week_start
            HAVING any_value(c.total) IS DISTINCT FROM any_value(a.figure)
                AND NOT coalesce(any_value(is_missing), false)""",
    )


def breaks_bounds_of_activity(*, name: str, description: str, expected: str, broken: str, observed: str) -> RowsCheck:
    """Check that what the rows of a source and week come to fits the row of `report_activity`.

    Args:
        broken: SQL condition on aggregates over the report's rows, `c`, joined to the row of `report_activity`, `a`.
        observed: SQL text of what is wrong, over the same.
    """
    return RowsCheck(
        name=name,
        description=description,
        expected=expected,
        counts_rows=False,
        sql=f"""
            SELECT c.source, c.week_start, {observed} AS observed
            FROM checked c JOIN reports.report_activity a ON a.source = c.source AND a.week_start = c.week_start
            GROUP BY c.source, c.week_start HAVING {broken}""",
    )


def movement(report: str, column: str, words: str, rows: str = "true") -> RowsCheck:
    """A warning where a figure jumps or collapses against its own recent weeks.

    Args:
        rows: SQL condition that picks the one row a source and week of a report that has several.
    """
    return RowsCheck(
        name=f"{column}_plausible",
        severity="warning",
        description=f"The number of {words} is of the size it had in the eight weeks before.",
        expected=f"{words} between a quarter and four times the median of the last 8 weeks",
        sql=f"""
            SELECT source, week_start, concat({column}, ' after a median of ', median) AS observed
            FROM (
                SELECT c.source, c.week_start, any_value(c.{column}) AS {column}, median(before.{column}) AS median
                FROM (SELECT * FROM checked WHERE {rows}) c
                JOIN (SELECT * FROM reports.{report} WHERE {rows}) before ON before.source = c.source
                    AND before.week_start < c.week_start AND before.week_start >= c.week_start - 56
                GROUP BY c.source, c.week_start HAVING count(before.{column}) >= 4
            )
            WHERE greatest({column}, median) >= 20 AND NOT {column} BETWEEN median / 4 AND median * 4""",
    )
