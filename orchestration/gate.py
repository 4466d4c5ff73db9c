"""The gate: no week is published whose reports did not pass their checks.

Outcomes are kept in the warehouse (`control.check_results`) together with a fingerprint of the very rows that were
checked. Whoever publishes asks `judge`, which trusts an outcome only while the rows are still the same, and checks
again where they are not: there is no way around it by running the publish step alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import expectations
from orchestration import warehouse
from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

_COLUMNS = {
    "week_start": "DATE", "report": "VARCHAR", "check_name": "VARCHAR", "severity": "VARCHAR", "passed": "BOOLEAN",
    "observed": "VARCHAR", "expected": "VARCHAR", "sample_keys": "VARCHAR[]", "error": "VARCHAR",
    "description": "VARCHAR", "rows_fingerprint": "VARCHAR", "checked_at": "TIMESTAMP",
}  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """What the checks say of one week.

    Attributes:
        results: every check's result.
    """

    week_start: date
    results: tuple[expectations.CheckResult, ...]

    @property
    def failed(self) -> list[expectations.CheckResult]:
        """The failed critical checks: any of them withholds the week."""
        return [result for result in self.results if not result.passed and result.severity == "critical"]

    @property
    def warnings(self) -> list[expectations.CheckResult]:
        """The failed checks that do not withhold the week."""
        return [result for result in self.results if not result.passed and result.severity != "critical"]


def explain(result: expectations.CheckResult) -> str:
    """One failed check as a sentence: what, observed, expected, where."""
    where = f" ({'; '.join(result.sample_keys)})" if result.sample_keys else ""
    if result.error:
        return f"{result.report}.{result.check_name}: could not be checked: {result.error}"
    return f"{result.report}.{result.check_name}: observed {result.observed}; expected {result.expected}{where}"


def told(result: expectations.CheckResult) -> str:
    """One failed check for people who do not know its name: what was expected and is not so, then the particulars."""
    return f"Not so: {result.description} ({explain(result)})" if result.description else explain(result)


def row_fingerprints(
    connection: duckdb.DuckDBPyConnection, report: str, weeks: Sequence[date], catalog: str = ""
) -> dict[date, str]:
    """A fingerprint of a report's rows for each week, independent of their order; 'missing' where there is no table."""
    import duckdb

    if not weeks:
        return {}
    table = f"{catalog + '.' if catalog else ''}reports.{report}"
    # Of a range of weeks, two bounds are compared in each of millions of rows, and not a list.
    of_weeks = "week_start between $first and $last"
    given: dict[str, Any] = {"first": min(weeks), "last": max(weeks)}
    if (given["last"] - given["first"]).days != 7 * (len(set(weeks)) - 1):
        of_weeks, given = "week_start in (select unnest($weeks::date[]))", {"weeks": list(weeks)}
    try:
        found = dict(
            connection.execute(
                f"""
                select week_start, count(*) || '-' || sum(cast(hash(t) as hugeint))
                from {table} as t where {of_weeks} group by week_start
                """,
                given,
            ).fetchall()
        )
    except duckdb.CatalogException:
        return dict.fromkeys(weeks, "missing")
    return {week: found.get(week, "no rows") for week in weeks}


def check(home: Home, weeks: Sequence[date]) -> list[expectations.CheckResult]:
    """Checks all reports of weeks, and keeps the outcomes with the fingerprints of the rows that were checked.

    All of them, since checks hold one report against another: a rerun of one can break the other's identities.
    """
    fingerprints = _week_fingerprints(home, weeks)
    results = expectations.validate(home.warehouse, expectations.REPORTS, weeks)
    checked_at = datetime.now(UTC).replace(tzinfo=None)
    rows = [
        (
            r.week_start, r.report, r.check_name, r.severity, r.passed, r.observed, r.expected, list(r.sample_keys),
            r.error, r.description, fingerprints[r.week_start], checked_at,
        )
        for r in results
    ]  # fmt: skip
    with warehouse.connect(home.warehouse) as connection:
        import pyarrow

        table = pyarrow.table({name: [row[i] for row in rows] for i, name in enumerate(_COLUMNS)})
        fields = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        connection.begin()
        connection.execute("create schema if not exists control")
        connection.execute(f"create table if not exists control.check_results ({fields})")
        connection.execute(
            "delete from control.check_results where week_start in (select unnest($weeks::date[]))",
            {"weeks": list(weeks)},
        )
        if rows:
            connection.register("checked", table)
            connection.execute("insert into control.check_results by name select * from checked")
        connection.commit()
    # Only outcomes were written: the rows are still those.
    _seen[home.warehouse] = _state(home), fingerprints
    return results


def judge(home: Home, weeks: Sequence[date]) -> list[Verdict]:
    """The verdict on each week, over all reports: from kept outcomes of the same rows, else by checking now."""
    fingerprints = _week_fingerprints(home, weeks)
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        kept = _kept_fingerprints(connection, weeks)
    if stale := [week for week in weeks if kept.get(week) != fingerprints[week]]:
        check(home, stale)
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        rows = connection.execute(
            f"""
            select {", ".join(list(_COLUMNS)[:10])} from control.check_results
            where week_start in (select unnest($weeks::date[])) order by week_start, report, check_name
            """,
            {"weeks": list(weeks)},
        ).fetchall()
    by_week: dict[date, list[expectations.CheckResult]] = {week: [] for week in weeks}
    for row in rows:
        by_week[row[0]].append(expectations.CheckResult(*row[:7], tuple(row[7] or ()), *row[8:10]))
    return [Verdict(week, tuple(by_week[week])) for week in weeks]


def _week_fingerprints(home: Home, weeks: Sequence[date]) -> dict[date, str]:
    """One fingerprint a week, over the rows of all reports; as last seen where nothing was written since."""
    state, seen = _seen.get(home.warehouse, (None, {}))
    if state is not None and state == _state(home) and seen.keys() >= set(weeks):
        return {week: seen[week] for week in weeks}
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        by_report = [row_fingerprints(connection, report, weeks) for report in expectations.REPORTS]
    return {week: ",".join(fingerprints[week] for fingerprints in by_report) for week in weeks}


# The fingerprints of rows that this process has just checked, with the state that it left the warehouse in.
_seen: dict[Path, tuple[Any, dict[date, str]]] = {}


def _state(home: Home) -> Any:
    """What changes whenever somebody writes to the warehouse; None while a log of changes lies beside it."""
    if home.warehouse.with_name(f"{home.warehouse.name}.wal").exists():
        return None
    found = home.warehouse.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _kept_fingerprints(connection: duckdb.DuckDBPyConnection, weeks: Sequence[date]) -> dict[date, str]:
    import duckdb

    try:
        rows = connection.execute(
            """
            select week_start, any_value(rows_fingerprint) from control.check_results
            where week_start in (select unnest($weeks::date[])) group by week_start
            having count(distinct report) = $reports
            """,
            {"weeks": list(weeks), "reports": len(expectations.REPORTS)},
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    return dict(rows)
