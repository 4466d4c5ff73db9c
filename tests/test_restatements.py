"""What a rerun changed is kept, value by value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
import yaml

import expectations
from orchestration import restatements, warehouse

WEEK, OTHER = date(2026, 1, 5), date(2026, 1, 12)
SEGMENTS = (
    "create table {}.reports.report_segments as"
    " select * from (values {}) as t(source, week_start, attribute, value, members, {})"
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Attached are an empty `new`, and `old` and `warehouse` with a report of one week that differs."""
    with duckdb.connect() as connection:
        for catalog in ("new", "old", "warehouse"):
            connection.execute(f"attach ':memory:' as {catalog}")
            connection.execute(f"create schema {catalog}.reports")
        old = f"('forum', date '{WEEK}', 'land', 'DE', 3, 1), ('forum', date '{WEEK}', 'land', null, 2, 1),"
        old += f" ('forum', date '{WEEK}', 'land', 'FR', 1, 1), ('forum', date '{OTHER}', 'land', 'DE', 9, 1)"
        new = f"('forum', date '{WEEK}', 'land', 'DE', 3, 7), ('forum', date '{WEEK}', 'land', null, null, 7),"
        new += f" ('forum', date '{WEEK}', 'land', 'ID', 4, 7), ('forum', date '{OTHER}', 'land', 'DE', 8, 7)"
        connection.execute(SEGMENTS.format("old", old, "gone"))
        connection.execute(SEGMENTS.format("warehouse", new, "brought_along"))
        yield connection


def found(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """All that is kept, in its order."""
    return connection.execute(f"select * from new.reports.{restatements.TABLE}").fetchall()


def test_rows_that_changed_came_or_went_are_told_by_their_key(connection: duckdb.DuckDBPyConnection):
    restatements.write(connection, {WEEK: (2, ["report_segments"])})
    # The other week was not restated; a column that one side does not have is no change of a figure.
    assert found(connection) == [
        (WEEK, 2, "report_segments", "source=forum, attribute=land, value=", "members", "2", None),
        (WEEK, 2, "report_segments", "source=forum, attribute=land, value=FR", "members", "1", None),
        (WEEK, 2, "report_segments", "source=forum, attribute=land, value=ID", "members", None, "4"),
    ]


def test_many_rows_are_told_by_the_column(connection: duckdb.DuckDBPyConnection):
    more = restatements.TOLD_ROWS + 1
    for catalog, members in (("old", "1"), ("warehouse", "case when i % 3 = 0 then 1 else 2 end")):
        connection.execute(
            f"insert into {catalog}.reports.report_segments select 'chat', date '{OTHER}', 'land', i, {members},"
            f" {'1' if catalog == 'old' else '7'} from range({more * 3 // 2}) as rows (i)"
        )
    restatements.write(connection, {WEEK: (2, ["report_segments"]), OTHER: (2, ["report_segments"])})
    # A third of the chat's rows did not change; one of the forum's did.
    assert [row for row in found(connection) if row[0] == OTHER] == [
        (OTHER, 2, "report_segments", f"rows={more}", "members", None, None)
    ]
    assert len([row for row in found(connection) if row[0] == WEEK]) == 3


def test_what_earlier_editions_changed_stays(connection: duckdb.DuckDBPyConnection):
    restatements.write(connection, {WEEK: (2, ["report_segments"])})
    first = found(connection)
    connection.execute(f"create table old.reports.{restatements.TABLE} as from new.reports.{restatements.TABLE}")
    connection.execute(f"drop table new.reports.{restatements.TABLE}")
    restatements.write(connection, {OTHER: (2, ["report_segments"])})
    later = (OTHER, 2, "report_segments", "source=forum, attribute=land, value=DE", "members", "9", "8")
    assert found(connection) == [*first, later]


def test_rows_per_member_are_kept_no_longer_than_their_weeks(connection: duckdb.DuckDBPyConnection):
    restatements.write(connection, {WEEK: (2, ["report_segments"]), OTHER: (3, ["report_segments"])})
    restatements.prune(connection, "list_winback", OTHER)
    assert {row[0] for row in found(connection)} == {WEEK, OTHER}
    restatements.prune(connection, "report_segments", OTHER)
    assert {row[0] for row in found(connection)} == {OTHER}


def test_the_keys_are_those_of_the_reports():
    described = {}
    for file in (warehouse.PROJECT / "models/reports").glob("*.yml"):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", []):
            keys = [test["unique_key"]["arguments"]["columns"] for test in model["data_tests"] if "unique_key" in test]
            described[model["name"]] = {column.strip('"') for column in keys[0]}
    assert {report: {*restatements.key_of(report), "week_start"} for report in expectations.REPORTS} == {
        report: described[report] | {"week_start"} for report in expectations.REPORTS
    }
