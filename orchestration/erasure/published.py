"""The published file without the erased: written anew, so that nothing of them is left in it, and swapped in whole."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import publish, published_tables, restatements, star
from orchestration.erasure import record
from orchestration.erasure.erased_list import ErasedList
from orchestration.erasure.plan import Plan
from orchestration.formats.base import quoted
from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

# The columns that name somebody, in whatever table.
_IDS = ("member_id", "account_id")


def rewrite(home: Home, erased: ErasedList, plan: Plan) -> None:
    """Takes the erased out of the published file, and records that it was done.

    Weekly totals stay as they were published. Weeks that were up to date before the erasure are up to date after it:
    their editions are told to stand on what is left.
    """
    import duckdb

    part = home.published.with_name(f"{home.published.name}.part")
    for left_over in (part, Path(f"{part}.wal")):
        left_over.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        erased.teach(connection)
        connection.execute(f"attach {quoted(str(home.warehouse))} as warehouse (read_only)")
        connection.execute(f"attach {quoted(str(home.published))} as old (read_only)")
        connection.execute(f"attach {quoted(str(part))} as new (storage_version 'v1.0.0')")
        connection.begin()
        connection.execute("create schema new.reports")
        tables = [
            row[0]
            for row in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'old' and schema_name = 'reports'"
                " order by table_oid"
            ).fetchall()
        ]
        for table in tables:
            _copy(connection, table)
        record.carry_over(connection)
        sealed = _renew_editions(connection, plan)
        _record(connection, plan, sealed)
        star.create_views(connection, "new", [table for table in publish.FACTS if table in tables])
        connection.commit()
        connection.execute("checkpoint new")
        connection.execute("detach new")
    publish.swap(part, home.published)


def _copy(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """A table as it is, but for rows of the erased; all its columns and comments.

    What is no week's own comes from the warehouse, in which no file is named after somebody erased any more.
    """
    origin = "warehouse" if table in publish.WHOLE_TABLES else "old"
    comment, columns = published_tables.shapes(connection, origin)[table]
    published_tables.create(connection, table, {name: (kind, text) for name, kind, text in columns}, comment)
    names = {name for name, *_ in columns}
    theirs = [f"is_erased({column}) or is_erased_person({column})" for column in _IDS if column in names]
    if table == restatements.TABLE:
        member_id = "regexp_extract(key, 'member_id=(.*)$', 1, 's')"
        theirs = [f"is_erased({member_id}) or is_erased_person({member_id})"]
    connection.execute(
        f"insert into new.reports.{table} by name select * from {origin}.reports.{table}"
        f" where not ({' or '.join(theirs) or 'false'})"
    )


def _renew_editions(connection: duckdb.DuckDBPyConnection, plan: Plan) -> list[date]:
    """Makes the weeks that were up to date so again; returns those whose figures stood on what was erased."""
    weeks = {date.fromisoformat(week): before for week, before in (plan.weeks or {}).items()}
    now = publish.inputs_fingerprints(connection, list(weeks))
    sealed = sorted(week for week, before in weeks.items() if now[week] != before)
    for week in sealed:
        connection.execute(
            """
            update new.reports.report_editions set exports_fingerprint = $now
            where week_start = $week and edition = (
                select max(edition) from new.reports.report_editions where week_start = $week
            )
            """,
            {"now": now[week], "week": week},
        )
    return sealed


def _record(connection: duckdb.DuckDBPyConnection, plan: Plan, sealed: list[date]) -> None:
    """Adds the erasure to the record, if it is not there already (a killed one was begun again)."""
    erased_at = datetime.fromisoformat(plan.erased_at)
    there = connection.execute(
        f"select count(*) filter (erased_at = $at), coalesce(max(erasure), 0) from new.reports.{record.TABLE}",
        {"at": erased_at},
    ).fetchall()
    [(already, last)] = there
    if already:
        return
    span = (sealed[0], sealed[-1]) if sealed else (None, None)
    for source, (theirs, naming) in sorted(plan.found.items()):
        row = [last + 1, erased_at, source, theirs, naming, *span]
        connection.execute(f"insert into new.reports.{record.TABLE} values (?, ?, ?, ?, ?, ?, ?)", row)
