"""A published file against the reading: which reports have to be there, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from .compare import differences
from .reading import KEYS, ZERO_ROWS_OPTIONAL

# What has to be in the published file and agree. Others that the reading knows are compared as soon as they are there.
REQUIRED_REPORTS = (
    "report_activity",
    "report_lifecycle",
    "report_lifecycle_moves",
    "report_churn",
    "report_retention",
    "member_week_status",
)
# Columns that the reading knows and that need not be there yet.
AWAITED_COLUMNS = {
    "report_activity": (
        "engagement_rate", "engagement_rate_change_12w", "top_1_pct_share", "top_10_pct_share", "gini",
        "absence_factor",
    ),
    "member_week_status": (
        "typical_gap_weeks", "p90_gap_weeks", "recency_quintile", "frequency_quintile", "money_quintile",
    ),
}  # fmt: skip


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


def disagreements(expected: list[dict], database: Path, report: str) -> list[str]:
    """Where a report of a database differs from the rows that the reading gives; every row of both is looked at."""
    actual = rows_of(database, report)
    columns = set(actual[0]) if actual else set()
    ignored = [column for column in AWAITED_COLUMNS.get(report, ()) if column not in columns]
    if report in ZERO_ROWS_OPTIONAL:
        expected, actual = (_without_zero_rows(rows, KEYS[report]) for rows in (expected, actual))
    return differences(expected, actual, KEYS[report], ignored)


def _without_zero_rows(rows: Iterable[dict], key: Iterable[str]) -> list[dict]:
    names = set(key)
    return [row for row in rows if any(value for name, value in row.items() if name not in names)]
