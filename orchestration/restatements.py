"""What a rerun changed in weeks that were published before: one row for each value that is another one now.

Whoever quoted a figure can look up what became of it. A row that is new has new values only, one that is gone old
ones only. Where a changed setting gives thousands of a week's members other values, each column that changed is told
once, with how many rows it changed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from expectations.suites import checks_of
from orchestration import published_tables
from orchestration.formats.base import quoted

if TYPE_CHECKING:
    import duckdb

TABLE = "report_restatements"
COMMENT = "One row per week, edition, report, row of it and column: a value that a rerun changed in a published week."
COLUMNS = {
    "week_start": ("DATE", "First day of the reporting week."),
    "edition": ("INTEGER", "The edition that brought the new value (see report_editions)."),
    "report": ("VARCHAR", "The report in which the value stands."),
    "key": (
        "VARCHAR",
        "Which row of the week it is, such as 'source=forum, tier=creator'; 'rows=12000' where more than 5,000 rows"
        " changed: in how many of them the column did.",
    ),
    "column_name": ("VARCHAR", "The column that changed."),
    "old_value": (
        "VARCHAR",
        "The value in the edition before; null also where there was no such row, or many rows are told of at once.",
    ),
    "new_value": (
        "VARCHAR",
        "The value since; null also where there is no such row any more, or many rows are told of at once.",
    ),
}

# As many changed rows of a report's week are told value by value.
TOLD_ROWS = 5_000


def key_of(report: str) -> tuple[str, ...]:
    """The columns that, with the week, tell a report's rows apart: those that its suite has unique."""
    [check] = [check for check in checks_of(report) if check.name == "key_unique"]
    return tuple(column for column in check.key if column != "week_start")


def write(connection: duckdb.DuckDBPyConnection, changed: Mapping[date, tuple[int, Sequence[str]]]) -> None:
    """Keeps what is known of earlier editions in the new file, and adds what this one changes.

    Args:
        connection: has the new file attached as `new`, the published one (if there is one) as `old`, and the warehouse.
        changed: for each week that was published before and differs, its new edition and the reports that differ.
    """
    if not _columns(connection, "new", TABLE):
        published_tables.create(connection, TABLE, COLUMNS, COMMENT)
        if _columns(connection, "old", TABLE):
            connection.execute(
                f"insert into new.reports.{TABLE} by name select * from old.reports.{TABLE} order by all"
            )
    for report in sorted({report for _, reports in changed.values() for report in reports}):
        editions = {week: edition for week, (edition, reports) in changed.items() if report in reports}
        _add(connection, report, editions)


def prune(connection: duckdb.DuckDBPyConnection, report: str, kept_from: date) -> None:
    """Drops what is known of a report's weeks before one: rows per member are kept no longer here than there."""
    connection.execute(
        f"delete from new.reports.{TABLE} where report = ? and week_start < ?",
        [report, kept_from],
    )


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str, report: str) -> list[str]:
    return [name for name, *_ in published_tables.columns_of(connection, catalog, report)]


def _add(connection: duckdb.DuckDBPyConnection, report: str, editions: Mapping[date, int]) -> None:
    known = set(_columns(connection, "old", report))
    if not known:
        return
    key = key_of(report)
    # A column that this version of stillhere brought along, or took away, is no change of a figure.
    values = [
        column
        for column in _columns(connection, "warehouse", report)
        if column in known and column not in (*key, "week_start")
    ]
    # Week by week: a changed setting restates every member of every week that is kept.
    for week, edition in sorted(editions.items()):
        connection.execute(f"create or replace temp table restated as {_differing_rows(report, week, key, values)}")
        connection.execute(
            f"""
            insert into new.reports.{TABLE} by name
            with size as (select count(*) <= {TOLD_ROWS} as is_told from restated),
            cells as (select key, unnest(cells) as cell from restated),
            told as (
                select key, cell.column_name, cell.old_value, cell.new_value
                from cells, size where is_told and cell.is_other
                union all
                select 'rows=' || count(*), cell.column_name, null, null
                from cells, size where not is_told and cell.is_other
                group by cell.column_name
            )
            select date '{week}' as week_start, {edition} as edition, {quoted(report)} as report, key, column_name,
                old_value, new_value
            from told order by all
            """
        )
    connection.execute("drop table restated")


def _differing_rows(report: str, week: date, key: Sequence[str], values: Sequence[str]) -> str:
    """SQL for a week's rows that are not what they were: `key` in words, and `cells`, one for each of the values."""
    rows = f"select * from {{}}.reports.{report} where week_start = date '{week}'"
    same = " and ".join(f'older."{column}" is not distinct from newer."{column}"' for column in key)
    differs = " or ".join(f'older."{column}" is distinct from newer."{column}"' for column in values)
    shown = " || ', ' || ".join(
        f"""'{column}=' || coalesce(cast(coalesce(newer."{column}", older."{column}") as varchar), '')"""
        for column in key
    )
    cells = ", ".join(
        f"""{{'column_name': '{column}', 'is_other': older."{column}" is distinct from newer."{column}","""
        f""" 'old_value': cast(older."{column}" as varchar), 'new_value': cast(newer."{column}" as varchar)}}"""
        for column in values
    )
    return f"""
        with older as ({rows.format("old")}), newer as ({rows.format("warehouse")})
        select {shown} as key, [{cells}] as cells from older full join newer on {same} where {differs}
    """
