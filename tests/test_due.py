"""Which weeks a run has to compute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import config as configuration
from orchestration import warehouse
from orchestration.due import Due, due
from orchestration.home import Home

WEEK = timedelta(days=7)
FIRST = date(2026, 3, 2)
CONFIG = """
[community]
name = "A community"
timezone = "UTC"
[[sources]]
name = "group"
format = "slack"
path = "exports"
"""


@pytest.fixture
def found(tmp_path: Path, monkeypatch):
    """What is due where weeks have rows, and others are published, each with the inputs that it stands on."""
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    settings, home = configuration.load(tmp_path / "stillhere.toml"), Home(tmp_path / "home").create()

    def of(rows: dict[int, str], published: dict[int, str]) -> Due:
        newest_at = datetime.combine(FIRST + max(rows) * WEEK, datetime.min.time())
        with warehouse.connect(home.warehouse) as connection:
            connection.execute("create schema canonical; create schema reports")
            _write(connection, "canonical.int_week_inputs (week_start date, inputs_fingerprint varchar)", rows)
            connection.execute("create table reports.sources as select $at::timestamp as last_at", {"at": newest_at})
        with duckdb.connect(str(home.published)) as connection:
            connection.execute("create schema reports")
            columns = "week_start date, exports_fingerprint varchar, edition integer default 1"
            _write(connection, f"reports.report_editions ({columns})", published)
        monkeypatch.setattr("orchestration.due.first_week", lambda *_: FIRST + min(rows) * WEEK)
        return due(settings, home)

    return of


def _write(connection: duckdb.DuckDBPyConnection, table: str, weeks: dict[int, str]) -> None:
    connection.execute(f"create table {table}")
    rows = [(FIRST + number * WEEK, inputs) for number, inputs in weeks.items()]
    columns = ", ".join(part.split()[0] for part in table.partition("(")[2].split(", ")[:2])
    connection.executemany(f"insert into {table.split()[0]} ({columns}) values (?, ?)", rows)


def weeks(*numbers: int) -> list[date]:
    return [FIRST + number * WEEK for number in numbers]


def test_weeks_without_an_edition_and_with_other_inputs_are_due(found):
    this = found(rows={0: "a", 1: "b", 3: "new"}, published={0: "a", 1: "old", 2: "b"})
    assert (this.weeks, this.unchanged, this.before) == (weeks(1, 3), weeks(0, 2), [])
    assert this.beyond[0] == FIRST + 4 * WEEK


def test_what_was_reported_beyond_the_newest_row_follows_what_changes_before_it(found):
    this = found(rows={0: "a", 1: "late"}, published={0: "a", 1: "b", 2: "b"})
    assert (this.weeks, this.unchanged) == (weeks(1, 2), weeks(0))
    assert this.beyond[0] == FIRST + 3 * WEEK


def test_weeks_from_before_the_first_row_are_told(found):
    this = found(rows={2: "c", 3: "d"}, published={0: "a", 1: "b", 2: "c", 3: "d"})
    assert (this.weeks, this.unchanged, this.before) == ([], weeks(2, 3), weeks(0, 1))
