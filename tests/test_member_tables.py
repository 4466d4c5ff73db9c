"""Checks of member tables are decided by queries of less cost: these agree with the checks themselves, on any rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from expectations import validate
from expectations.checks import batch_query, with_violations
from expectations.member_tables import Decided, ordered_places
from expectations.suites import checks_of
from tests.test_expectations import GOOD_WAREHOUSE, WEEKS

KEPT = WEEKS[-12:]
TABLES = ("member_week_status", "list_winback", "list_removal")
DECIDED = [(report, check) for report in TABLES for check in checks_of(report) if isinstance(check, Decided)]

OF_ALL = (
    "UPDATE reports.{t} SET member_id = NULL WHERE {some}",
    "UPDATE reports.{t} SET source = NULL WHERE {some}",
    "UPDATE reports.{t} SET week_start = NULL WHERE {some}",
    "UPDATE reports.{t} SET week_start = week_start - 7 WHERE {some}",
    "UPDATE reports.{t} SET member_id = 'forum:3quiet' WHERE {some}",
    "UPDATE reports.{t} SET status = NULL WHERE {some}",
    "UPDATE reports.{t} SET status = 'at_risk' WHERE {some}",
    "UPDATE reports.{t} SET status = 'zombie' WHERE {some}",
    "INSERT INTO reports.{t} SELECT * FROM reports.{t} WHERE {some}",
    "INSERT INTO reports.{t} SELECT * REPLACE ('left' AS status) FROM reports.{t} WHERE {some}",
    "DELETE FROM reports.{t} WHERE {some}",
)
OF_ONE = {
    "member_week_status": (
        "UPDATE reports.{t} SET flagged_by = NULL WHERE {some}",
        "UPDATE reports.{t} SET flagged_by = 'rhythm+silence' WHERE {some}",
        "UPDATE reports.{t} SET flagged_since = CASE WHEN flagged_since IS NULL THEN week_start END WHERE {some}",
        "UPDATE reports.{t} SET silence_weeks = silence_weeks + 4 WHERE {some}",
        "UPDATE reports.{t} SET silence_weeks = NULL WHERE {some}",
        "UPDATE reports.{t} SET active_weeks = 5 - active_weeks WHERE {some}",
        "UPDATE reports.{t} SET active_weeks = NULL WHERE {some}",
        "UPDATE reports.{t} SET p_alive = NULL WHERE {some}",
        "UPDATE reports.{t} SET p_active_4w = 1.5 WHERE {some}",
        "UPDATE reports.{t} SET p_alive = -0.5, p_active_4w = 'NaN' WHERE {some}",
        "UPDATE reports.{t} SET lifecycle_stage = NULL WHERE {some}",
    ),
    "list_winback": (
        "UPDATE reports.{t} SET value_rank = value_rank + 1 WHERE {some}",
        "UPDATE reports.{t} SET value_rank = NULL WHERE {some}",
        "UPDATE reports.{t} SET active_weeks = active_weeks + 3 WHERE {some}",
    ),
    "list_removal": (
        "UPDATE reports.{t} SET place = place - 1 WHERE {some}",
        "UPDATE reports.{t} SET place = NULL WHERE {some}",
        "UPDATE reports.{t} SET score = 0.5 WHERE {some}",
        "UPDATE reports.{t} SET score = NULL WHERE {some}",
    ),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A good warehouse; each test spoils its tables, and rolls that back."""
    with duckdb.connect() as connection:
        connection.execute(GOOD_WAREHOUSE)
        yield connection


def found(connection: duckdb.DuckDBPyConnection, report: str, violations: str) -> bool:
    """Whether there are any violations."""
    sql = f"{with_violations(violations, f'({batch_query(report, KEPT)})', KEPT)} SELECT count(*) FROM violations"
    return connection.execute(sql).fetchall()[0][0] > 0


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the temporary tables anew."""
    for table in {table for _, check in DECIDED for table in check.reads}:
        batch = batch_query(table.report, KEPT)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table.name} AS WITH batch AS NOT MATERIALIZED ({batch}) {table.sql}"
        )


CHANGES = [(table, change) for table in TABLES for change in OF_ALL + OF_ONE[table]]


def spoil(connection: duckdb.DuckDBPyConnection, chance: random.Random, changes: list[tuple[str, str]]) -> None:
    """Stores the rows in another order, or in the same, and changes a few of them."""
    connection.execute(f"SELECT setseed({chance.random()})")
    for table in TABLES:
        if chance.random() < 0.5:
            connection.execute(f"CREATE OR REPLACE TABLE reports.{table} AS FROM reports.{table} ORDER BY random()")
    for table, change in changes:
        some = f"hash(rowid + {chance.randrange(1000)}) % {chance.choice((5, 100, 500))} = 0"
        connection.execute(change.format(t=table, some=some))


def test_good_rows_are_decided_good(connection: duckdb.DuckDBPyConnection) -> None:
    prepare(connection)
    assert [check.name for report, check in DECIDED if found(connection, report, check.by)] == []


def test_what_decides_agrees_with_the_check(connection: duckdb.DuckDBPyConnection) -> None:
    """Each change alone, then some of them together."""
    failing: Counter[str] = Counter()
    chance = random.Random(1)
    spoilt = [[change] for change in CHANGES] + [chance.sample(CHANGES, 3) for _ in range(12)]
    for changes in spoilt:
        connection.begin()
        spoil(connection, chance, changes)
        prepare(connection)
        for report, check in DECIDED:
            fails = found(connection, report, check.violations([0]))
            assert found(connection, report, check.by) == fails, f"{report}.{check.name}: {changes}"
            failing[check.name] += fails
        connection.rollback()
    # Each was asked about rows that pass and about rows that fail.
    assert {name for name, times in failing.items() if 0 < times < len(spoilt)} == {check.name for _, check in DECIDED}


PLACES = {  # (place, figure) in the order of storage, and whether that is right
    "in order": ([(1, 10), (2, 10), (3, 20)], True),
    "stored in another order": ([(3, 20), (1, 10), (2, 10)], True),
    "a gap": ([(1, 10), (3, 20)], False),
    "not from one": ([(2, 10), (3, 20)], False),
    "from nought": ([(0, 10), (1, 10)], False),
    "twice": ([(1, 10), (2, 20), (2, 20)], False),
    "twice in place of the next": ([(1, 10), (2, 20), (2, 20), (4, 30)], False),
    "falling": ([(1, 10), (2, 5)], False),
    "falling where it does not follow": ([(2, 5), (1, 10)], False),
    "no figure": ([(1, 10), (2, None), (3, 5)], True),
    "one": ([(1, 10)], True),
    "none": ([], True),
}


@pytest.mark.parametrize("case", PLACES)
def test_places_run_from_one_in_the_order_of_a_figure(case: str) -> None:
    rows, is_right = PLACES[case]
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE checked (source VARCHAR, member_id VARCHAR, week_start DATE, place INT, figure INT)"
        )
        connection.execute("INSERT INTO checked VALUES ('other', 'm', DATE '2026-01-05', 1, 30)")
        for number, row in enumerate(rows):
            connection.execute("INSERT INTO checked VALUES ('all', ?, DATE '2026-01-05', ?, ?)", [f"m{number}", *row])
        connection.execute("INSERT INTO checked VALUES ('all', 'm', DATE '2026-01-12', 1, 1)")
        found = connection.execute(ordered_places("place", "figure", "<")).fetchall()
    assert (found == []) == is_right


def test_every_check_is_decided_by_its_query_where_the_tables_are_whole(tmp_path: Path) -> None:
    """Else a check would be evaluated as it is, at twenty times the cost, and nobody would notice."""
    from expectations.duckdb_engine import open_warehouse
    from expectations.validation import as_prepared

    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(GOOD_WAREHOUSE)
    with open_warehouse(path) as source:
        engine = source.get_execution_engine()
        assert [check.name for _, check in DECIDED if as_prepared(engine, check, KEPT) is not check] == []
        assert len(engine.prepared) == 4


def test_a_check_is_evaluated_as_it_is_where_a_table_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(GOOD_WAREHOUSE)
        connection.execute("ALTER TABLE reports.list_removal DROP COLUMN status")
        connection.execute("UPDATE reports.list_removal SET place = place + 1, member_id = 'nobody'")
    results = validate(path, ["list_removal"], KEPT[-1:])
    assert {result.check_name for result in results if not result.passed} == {
        "key_unique", "members_only", "places_follow_score",
    }  # fmt: skip
    assert all(result.error is None for result in results)
