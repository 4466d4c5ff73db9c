"""Publishing: the weeks that passed go into a new file, which then takes the old one's place in one step.

Readers hold the old file open for as long as they like and see the new one when they open again; there is no moment
in which half of a week is published. Weeks that were withheld keep the rows of their last good edition.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import expectations
from orchestration import gate, onboarding, published_tables, restatements, star, warehouse
from orchestration.erasure import record
from orchestration.formats.base import quoted
from orchestration.home import Home
from orchestration.weeks import WEEK

if TYPE_CHECKING:
    import duckdb

WEEKLY_TABLES = expectations.REPORTS
MEMBER_TABLES = ("member_week_status", "list_winback", "list_removal")
WHOLE_TABLES = ("export_files", "sources")
# What schema `star` shows as facts.
FACTS = (*WEEKLY_TABLES, onboarding.TABLE)
# How rows lie in the file, where not in the order of all columns: of millions of rows, comparing the key alone is a
# good deal cheaper. By member the lists take up two thirds of the room. The largest table stays as it was computed,
# which is by member for long stretches: sorting it takes a third of the time of writing it, and saves a tenth of room.
_BY_MEMBER = "order by source, member_id, week_start"
_ORDERS = {"list_winback": _BY_MEMBER, "list_removal": _BY_MEMBER, "member_week_status": ""}

_QUALITY = {
    "week_start": ("DATE", "First day of the reporting week."),
    "report": ("VARCHAR", "The report that was checked."),
    "check_name": ("VARCHAR", "The check; the name stays the same over versions."),
    "severity": ("VARCHAR", "critical: a failure withholds the week. warning: it is published with it."),
    "passed": ("BOOLEAN", "Whether the published rows pass."),
    "observed": ("VARCHAR", "What was found."),
    "expected": ("VARCHAR", "What was expected."),
}
_EDITIONS = {
    "week_start": ("DATE", "First day of the reporting week."),
    "edition": ("INTEGER", "1 for the first publishing of the week, then one more for each that changed a row."),
    "published_at": ("TIMESTAMP", "When (UTC) it was published."),
    "run_id": ("VARCHAR", "The Dagster run that published it."),
    "exports_fingerprint": (
        "VARCHAR",
        "Identifies all that the week's figures stand on: rows up to its end, settings.",
    ),
    "changed": ("VARCHAR", "The reports whose rows differ from the edition before; null for the first."),
}
_TABLE_COMMENTS = {
    "report_quality": "One row per week, report and check: what the checks said of the published edition.",
    "report_editions": "One row per week and edition: each publishing of a week that changed something.",
    restatements.TABLE: restatements.COMMENT,
    record.TABLE: record.COMMENT,
}


def own_tables() -> dict[str, dict[str, str]]:
    """The tables that publishing itself writes: their description under the key '', and their columns'."""
    columns = {"report_quality": _QUALITY, "report_editions": _EDITIONS, restatements.TABLE: restatements.COLUMNS}
    columns[record.TABLE] = record.COLUMNS
    return {
        table: {"": comment, **{name: text for name, (_, text) in columns[table].items()}}
        for table, comment in _TABLE_COMMENTS.items()
    }


@dataclass
class Publishing:
    """What publishing came to.

    Attributes:
        published: weeks with a new or changed edition.
        unchanged: weeks whose published rows are already these.
        withheld: weeks that failed a critical check, with the verdict.
        sealed: those of the unchanged weeks that keep what was published of them before somebody was erased.
    """

    path: Path
    published: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    withheld: list[gate.Verdict] = field(default_factory=list)
    sealed: list[date] = field(default_factory=list)


def publish(home: Home, weeks: Sequence[date], run_id: str) -> Publishing:
    """Publishes those of the weeks that pass their checks; the others stay as they were.

    Returns:
        Which weeks were published, unchanged and withheld. The file is not touched where nothing changes.
    """
    sealed = _sealed(home, weeks)
    verdicts = gate.judge(home, [week for week in weeks if week not in sealed])
    withheld = [verdict for verdict in verdicts if verdict.failed or not verdict.results]
    result = Publishing(home.published, unchanged=list(sealed), withheld=withheld, sealed=sealed)
    good = [verdict for verdict in verdicts if verdict not in result.withheld]
    if good:
        _Edition(home, good, run_id, result).write()
    return result


def _sealed(home: Home, weeks: Sequence[date]) -> list[date]:
    """The weeks whose published totals count somebody erased since, and that nothing else has changed."""
    published = record.sealed(home)
    if not published.keys() & set(weeks):
        return []
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        now = inputs_fingerprints(connection, weeks)
    return [week for week in weeks if published.get(week) == now[week]]


class _Edition:
    """One new published file, put together from the warehouse's good weeks and the old file's others."""

    def __init__(self, home: Home, good: list[gate.Verdict], run_id: str, result: Publishing):
        self.home, self.good, self.run_id, self.result = home, good, run_id, result
        self.weeks = [verdict.week_start for verdict in good]
        self.part = home.published.with_name(f"{home.published.name}.part")

    def write(self) -> None:
        """Builds the new file beside the old one and swaps it in."""
        import duckdb

        self.home.published.parent.mkdir(parents=True, exist_ok=True)
        for left_over in (self.part, Path(f"{self.part}.wal")):
            left_over.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach {quoted(str(self.home.warehouse))} as warehouse (read_only)")
            self.has_old = self.home.published.exists()
            if self.has_old:
                connection.execute(f"attach {quoted(str(self.home.published))} as old (read_only)")
                if self._is_worth_continuing(connection):
                    shutil.copyfile(self.home.published, self.part)
            # Clients from DuckDB 1.0 on can read this storage version.
            connection.execute(f"attach {quoted(str(self.part))} as new (storage_version 'v1.0.0')")
            connection.execute(
                "create temp table good_weeks as select unnest($w::date[]) as week_start", {"w": self.weeks}
            )
            # At once: else each table and each comment would be a transaction on the disk.
            connection.begin()
            has_changed = self._fill(connection)
            connection.commit()
            if not has_changed:
                connection.execute("detach new")
                self.part.unlink()
                return
            connection.execute("checkpoint new")
            connection.execute("detach new")
        swap(self.part, self.home.published)

    def _fill(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Brings the new file to what is to be published; returns whether that differs from the old one."""
        connection.execute("create schema if not exists new.reports")
        self.computed = published_tables.shapes(connection, "warehouse")
        self.continued = published_tables.shapes(connection, "new")
        changed = self._changed_reports(connection)
        editions_changed = self._write_editions(connection, changed)
        for report in WEEKLY_TABLES:
            self._bring_in_line(connection, report, changed)
        for table in WHOLE_TABLES:
            self._create_like_warehouse(connection, table)
            connection.execute(f"insert into new.reports.{table} select * from warehouse.reports.{table} order by all")
        self._write_quality(connection)
        onboarding.write(connection)
        record.carry_over(connection)
        star.create_views(connection, "new", FACTS)
        for week in self.weeks:
            (self.result.published if week in changed else self.result.unchanged).append(week)
        return editions_changed or self._differs(connection)

    def _is_worth_continuing(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether the old file is copied and brought in line, rather than all of its rows written anew.

        Not where somebody else has written to it, nor where more than half of it is free by now.
        """
        ours = {("reports", table) for table in (*FACTS, *WHOLE_TABLES, *_TABLE_COMMENTS)}
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'old'"
        ).fetchall()
        [(total, free)] = connection.execute(
            "select total_blocks, free_blocks from pragma_database_size() where database_name = 'old'"
        ).fetchall()
        return set(tables) <= ours and 2 * free <= total and not Path(f"{self.home.published}.wal").exists()

    def _old_has(self, connection: duckdb.DuckDBPyConnection, table: str) -> bool:
        return self.has_old and bool(
            connection.execute(
                "select 1 from duckdb_tables()"
                " where database_name = 'old' and schema_name = 'reports' and table_name = ?",
                [table],
            ).fetchall()
        )

    def _changed_reports(self, connection: duckdb.DuckDBPyConnection) -> dict[date, list[str] | None]:
        """The weeks whose rows differ from the published ones, with the reports that differ (None: never published)."""
        published: set[date] = set()
        if self._old_has(connection, "report_editions"):
            published = {
                row[0]
                for row in connection.execute("select distinct week_start from old.reports.report_editions").fetchall()
            }
        changed: dict[date, list[str] | None] = {week: None for week in self.weeks if week not in published}
        again = [week for week in self.weeks if week in published]
        for report in WEEKLY_TABLES if again else ():
            new = gate.row_fingerprints(connection, report, again, "warehouse")
            old = gate.row_fingerprints(connection, report, again, "old")
            for week in again:
                if new[week] != old[week] and not self._is_pruned(connection, report, week):
                    reports = changed.setdefault(week, [])
                    assert reports is not None
                    reports.append(report)
        return changed

    def _is_pruned(self, connection: duckdb.DuckDBPyConnection, report: str, week: date) -> bool:
        """Rows per member are kept for the last weeks only; that they are gone is no change of the week.

        They are gone from the warehouse a week before their time where a run's newest week is withheld.
        """
        if report not in MEMBER_TABLES:
            return False
        kept_from = connection.execute("select kept_from_week from warehouse.control.settings").fetchall()[0][0]
        return week < kept_from

    def _kept_from(self, connection: duckdb.DuckDBPyConnection, newest: date) -> date:
        kept = connection.execute("select member_weeks_kept from warehouse.control.settings").fetchall()[0][0]
        return newest - WEEK * (kept - 1)

    def _write_editions(self, connection: duckdb.DuckDBPyConnection, changed: dict[date, list[str] | None]) -> bool:
        """Adds an edition for each changed week; returns whether the table differs from the published one."""
        published_tables.create(connection, "report_editions", _EDITIONS, _TABLE_COMMENTS["report_editions"])
        old: list[tuple] = []
        if self._old_has(connection, "report_editions"):
            old = connection.execute(
                f"select {', '.join(_EDITIONS)} from old.reports.report_editions order by week_start, edition"
            ).fetchall()
        fingerprints = inputs_fingerprints(connection, self.weeks)
        now = datetime.now(UTC).replace(tzinfo=None)
        last = {row[0]: row for row in old}
        rows = []
        for row in old:
            # Other inputs, the same rows: the edition stands, on the new inputs.
            is_last_and_same = row is last[row[0]] and row[0] in fingerprints and row[0] not in changed
            rows.append((*row[:4], fingerprints[row[0]], row[5]) if is_last_and_same else row)
        for week, reports in changed.items():
            edition = last[week][1] + 1 if week in last else 1
            what = None if reports is None else ", ".join(reports)
            rows.append((week, edition, now, self.run_id, fingerprints[week], what))
        rows.sort(key=lambda row: row[:2])
        _insert(connection, "report_editions", _EDITIONS, rows)
        restated = {week: (last[week][1] + 1, reports) for week, reports in changed.items() if reports is not None}
        restatements.write(connection, restated)
        return rows != old

    def _bring_in_line(
        self, connection: duckdb.DuckDBPyConnection, report: str, changed: dict[date, list[str] | None]
    ) -> None:
        """Gives a weekly table its new rows: those of changed weeks alone, if the old file has such a table."""
        weeks = [week for week, reports in changed.items() if reports is None or report in reports]
        kept_from = date.min
        if report in MEMBER_TABLES:
            newest = connection.execute("select max(week_start) from new.reports.report_editions").fetchall()[0][0]
            kept_from = self._kept_from(connection, newest)
        if self.continued.get(report) == self.computed[report]:
            connection.execute(
                f"delete from new.reports.{report}"
                " where week_start < $kept_from or week_start in (select unnest($weeks::date[]))",
                {"weeks": weeks, "kept_from": kept_from},
            )
        else:
            weeks = self.weeks
            self._create_like_warehouse(connection, report)
            self._copy_others(connection, report, kept_from)
        connection.execute(
            f"insert into new.reports.{report} by name select * from warehouse.reports.{report}"
            f" where week_start in (select unnest($weeks::date[])) {_ORDERS.get(report, 'order by all')}",
            {"weeks": [week for week in weeks if week >= kept_from]},
        )
        if report in MEMBER_TABLES:
            restatements.prune(connection, report, kept_from)

    def _copy_others(self, connection: duckdb.DuckDBPyConnection, report: str, kept_from: date) -> None:
        """Takes the old file's rows of all weeks but the good ones, in the columns that there still are."""
        if not self._old_has(connection, report):
            return
        names = {name for name, *_ in self.computed[report][1]}
        published = (name for name, *_ in published_tables.columns_of(connection, "old", report))
        columns = ", ".join(f'"{name}"' for name in published if name in names)
        connection.execute(
            f"insert into new.reports.{report} by name select {columns} from old.reports.{report}"
            " where week_start >= $kept_from and week_start not in (select week_start from good_weeks)",
            {"kept_from": kept_from},
        )

    def _create_like_warehouse(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        """An empty table with the warehouse's columns, types and comments (CREATE TABLE AS would lose the comments)."""
        comment, columns = self.computed[table]
        published_tables.create(connection, table, {name: (kind, text) for name, kind, text in columns}, comment)

    def _write_quality(self, connection: duckdb.DuckDBPyConnection) -> None:
        published_tables.create(connection, "report_quality", _QUALITY, _TABLE_COMMENTS["report_quality"])
        if self._old_has(connection, "report_quality"):
            connection.execute(
                f"insert into new.reports.report_quality select {', '.join(_QUALITY)} from old.reports.report_quality"
                " where week_start not in (select week_start from good_weeks)"
            )
        rows = [
            (r.week_start, r.report, r.check_name, r.severity, r.passed, r.observed, r.expected)
            for verdict in self.good
            for r in verdict.results
        ]
        _insert(connection, "report_quality", _QUALITY, rows)

    def _differs(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether any table but the weekly ones, or a view, differs from the published file's."""
        if not self.has_old or star.views(connection, "old") != star.views(connection, "new"):
            return True
        for table in (*WHOLE_TABLES, "report_quality", restatements.TABLE, record.TABLE):
            if not self._old_has(connection, table):
                return True
            hashes = [
                connection.execute(
                    f"select count(*), sum(cast(hash(t) as hugeint)) from {catalog}.reports.{table} as t"
                ).fetchall()
                for catalog in ("old", "new")
            ]
            if hashes[0] != hashes[1]:
                return True
        return False


def inputs_fingerprints(
    connection: duckdb.DuckDBPyConnection, weeks: Sequence[date], catalog: str = "warehouse"
) -> dict[date, str]:
    """What each week's figures stand on; the fingerprint of the last week with rows up to it."""
    rows = connection.execute(
        f"select week_start, inputs_fingerprint from {catalog}.canonical.int_week_inputs order by week_start"
    ).fetchall()
    result, position, current = {}, 0, ""
    for week in sorted(weeks):
        while position < len(rows) and rows[position][0] <= week:
            current = rows[position][1]
            position += 1
        result[week] = current
    return result


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, tuple[str, str | None]], rows: list[tuple]
) -> None:
    import pyarrow

    if rows:
        given = pyarrow.table({name: [row[i] for row in rows] for i, name in enumerate(columns)})
        connection.register("given_rows", given)
        connection.execute(f"insert into new.reports.{table} by name select * from given_rows")
        connection.unregister("given_rows")


def swap(part: Path, target: Path) -> None:
    """Puts a new published file, closed, in the place of the old one in one step."""
    wal = Path(f"{part}.wal")
    if wal.exists():
        raise RuntimeError(f"{wal}: the new edition was not closed cleanly; it is not published.")
    _sync(part)
    # A left-over log of the old file would be replayed onto the new one.
    Path(f"{target}.wal").unlink(missing_ok=True)
    part.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
