"""A published file against the reading: which reports have to be there, and where they differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

import duckdb

from .compare import differences
from .reading import KEYS, ZERO_ROWS_OPTIONAL

# What has to be in the published file, have rows and agree. Others that the reading knows are compared as soon as they
# are there (of surveys the communities here have none).
REQUIRED_REPORTS = (
    "report_activity",
    "report_lifecycle",
    "report_lifecycle_moves",
    "report_churn",
    "report_retention",
    "report_pyramid",
    "report_interaction_mix",
    "report_conversation",
    "report_content",
    "report_heatmap",
    "report_segments",
    "report_purchases",
    "report_onboarding_as_of",
    "report_safety",
    "member_week_status",
    "list_winback",
    "list_removal",
    "report_winback_lift",
)
# What rests on acts, members and orders alone. The readers of real exports give nothing else: no attributes of members,
# no numbers without people, no types of content; nor do the communities there say whom they contact.
REPORTS_OF_ACTS = tuple(
    report
    for report in REQUIRED_REPORTS
    if report not in ("report_content", "report_segments", "report_purchases")
    and report not in ("list_winback", "list_removal", "report_winback_lift")
)
ENGAGEMENT = ("engagement_rate", "engagement_rate_change_12w")


def reports_in(database: Path) -> list[str]:
    """The reports of a database that the reading knows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute("select table_name from duckdb_tables() where schema_name = 'reports'").fetchall()
    return [name for name in KEYS if (name,) in found]


def rows_of(database: Path, report: str) -> list[dict]:
    """A report as dicts."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(f"select * from reports.{report}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def scores_in(warehouse: Path) -> dict[tuple[str, date, int, int, int], tuple[float, float]]:
    """What the churn model said in the last run, by source, week and history."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select source, week_start, x, t_x, n, p_alive, p_active_4w from canonical.int_churn_scores"
        ).fetchall()
    return {row[:5]: row[5:] for row in rows}


def disagreements(expected: list[dict], database: Path, report: str, leave_out: Collection[str] = ()) -> list[str]:
    """Where a report of a database differs from the rows that the reading gives; every row of both is looked at.

    Args:
        leave_out: columns that are not compared.
    """
    actual = rows_of(database, report)
    if report in ZERO_ROWS_OPTIONAL:
        counted = {name for row in expected for name in row if name not in KEYS[report]}
        expected, actual = (_without_zero_rows(rows, counted) for rows in (expected, actual))
    return differences(expected, actual, KEYS[report], leave_out)


def _without_zero_rows(rows: Iterable[dict], counted: Collection[str]) -> list[dict]:
    return [row for row in rows if any(row.get(name) for name in counted)]
