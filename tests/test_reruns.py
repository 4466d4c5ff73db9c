"""The same exports give the same rows, however the weeks are run; new rows change what they must."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import expectations
from orchestration import config as configuration
from orchestration import dbt_runs, warehouse
from orchestration.due import due
from orchestration.home import Home
from tests.communities import (
    LAST,
    WEEK,
    WEEKS,
    Place,
    published_rows,
    slack_message,
    warehouse_rows,
    week_rows,
)
from tests.exports_in.inbox import Inbox
from tests.exports_in.slack_export import MONDAY, files, message, put_all, ts, user


def test_the_same_exports_again_change_nothing(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "again")
    before = place.home.published.read_bytes()
    lake = sorted((path, path.stat().st_mtime_ns) for path in place.home.lake.glob("s*/*/*/*.parquet"))
    done = place.run()
    assert done.returncode == 0, done.stderr
    assert "nothing new" in done.stderr and f"{WEEKS} unchanged" in done.stderr
    assert place.home.published.read_bytes() == before
    assert sorted((path, path.stat().st_mtime_ns) for path in place.home.lake.glob("s*/*/*/*.parquet")) == lake


def test_weeks_one_at_a_time_in_any_order_give_the_rows_of_one_backfill(sample: Place, tmp_path: Path):
    """Runs of single weeks, shuffled, on a home of their own; and one of them again leaves all others untouched."""
    place = Place(sample.config, Home(tmp_path / "home"))
    weeks = [LAST - i * WEEK for i in (0, 21)]
    random.Random(7).shuffle(weeks)
    for week in weeks:
        done = place.run("--from", str(week), "--to", str(week + timedelta(days=6)))
        assert done.returncode == 0, done.stderr
    for week in weeks:
        assert week_rows(place, week) == week_rows(sample, week), week
    before = published_rows(place)
    assert place.run("--from", str(weeks[0]), "--to", str(weeks[0])).returncode == 0
    assert published_rows(place) == before


def test_reports_computed_week_by_week_equal_the_backfill(sample: Place, tmp_path: Path):
    """Every fifth week, one dbt call each on the reports alone, in shuffled order, as reruns from the UI do it."""
    from dbt.cli.main import dbtRunner

    place = sample.copy(tmp_path / "single")
    reports = " ".join(expectations.REPORTS)
    before = warehouse_rows(place)
    weeks = [LAST - i * WEEK for i in range(0, WEEKS, 5)]
    random.Random(3).shuffle(weeks)
    with duckdb.connect(str(place.home.warehouse)) as connection:
        for report in expectations.REPORTS:
            connection.execute(
                f"delete from reports.{report} where week_start in (select unnest($weeks::date[]))", {"weeks": weeks}
            )
    assert warehouse_rows(place) != before
    settings = configuration.load(place.config)
    os.environ["STILLHERE_HOME"] = str(place.home.path)
    try:
        runner = dbtRunner()
        where = [
            "--project-dir",
            str(warehouse.PROJECT),
            "--profiles-dir",
            str(warehouse.PROJECT),
            "--target-path",
            str(tmp_path / "target"),
        ]
        manifest = runner.invoke(["parse", *where, "--log-path", str(tmp_path), "-q"]).result
        runner = dbtRunner(manifest=manifest)
        for week in weeks:
            warehouse.write_control(settings, place.home, [week])
            done = runner.invoke(["run", "--select", reports, *where, "--log-path", str(tmp_path), "-q"])
            assert done.success, done.exception
    finally:
        del os.environ["STILLHERE_HOME"]
    # dbt keeps its connection in this process, so the reader has to open the file as dbt did.
    assert warehouse_rows(place, read_only=False) == before


def test_a_report_that_cannot_be_computed_keeps_its_rows(
    sample: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its weeks are deleted before the new rows come: both happen or neither."""
    place = sample.copy(tmp_path / "failing")
    before = warehouse_rows(place)
    warehouse.write_control(configuration.load(place.config), place.home, [LAST])
    with duckdb.connect(str(place.home.warehouse)) as connection:
        connection.execute("alter table canonical.int_status_moves rename to moves")
        failing = "case when members > 0 then error('not today') else members end as members"
        connection.execute(
            f"create view canonical.int_status_moves as select * replace ({failing}) from canonical.moves"
        )
    monkeypatch.setenv("STILLHERE_HOME", str(place.home.path))
    done = dbt_runs.build(place.home, {"report_churn"}, lambda name, index, total: None)
    assert any("not today" in problem for problem in done.problems)
    assert warehouse_rows(place) == before


def test_a_column_of_a_new_version_is_added_beside_the_rows_of_before(
    sample: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    place = sample.copy(tmp_path / "older")
    warehouse.write_control(configuration.load(place.config), place.home, [LAST])
    rates = "select week_start, churn_rate from reports.report_churn where source = 'all' order by 1"
    with duckdb.connect(str(place.home.warehouse)) as connection:
        before = connection.execute(rates).fetchall()
        connection.execute("alter table reports.report_churn drop column churn_rate")
    monkeypatch.setenv("STILLHERE_HOME", str(place.home.path))
    assert dbt_runs.build(place.home, {"report_churn"}, lambda name, index, total: None).problems == []
    with duckdb.connect(str(place.home.warehouse), read_only=True) as connection:
        after = connection.execute(rates).fetchall()
        described = connection.execute(
            "select comment is not null from duckdb_columns()"
            " where schema_name = 'reports' and table_name = 'report_churn' and column_name = 'churn_rate'"
        ).fetchall()
    # A run of this report computes the weeks that its own looks back on, too.
    computed = {week for week, rate in after if rate is not None}
    assert LAST in computed and described == [(True,)]
    assert [row for row in before if row[0] in computed] == [row for row in after if row[0] in computed]
    assert [week for week, _ in before] == [week for week, _ in after]


LATE = LAST - 2 * WEEK
LATE_POSTS = f"select posts from reports.report_activity where source = 'slack' and week_start = date '{LATE}'"
READER = """
import duckdb, sys
published, question = sys.argv[1:]
held = duckdb.connect(published, read_only=True)
print(held.execute(question).fetchone()[0], flush=True)
sys.stdin.readline()
print(held.execute(question).fetchone()[0])
held.close()
print(duckdb.connect(published, read_only=True).execute(question).fetchone()[0])
"""


@dataclass(frozen=True)
class Late:
    """The sample after a run that found a late message; what the run said, and what a reader saw who held the file."""

    place: Place
    said: str
    seen_before: int
    seen_held: int
    seen_opened_again: int


@pytest.fixture(scope="module")
def late(sample: Place, tmp_path_factory: pytest.TempPathFactory) -> Late:
    """One run for all that is asked of late rows. A reader holds the published file open, read-only, the whole time."""
    place = sample.copy(tmp_path_factory.mktemp("late") / "community")
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, place.home.published, LATE_POSTS],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reader.stdout
    seen_before = int(reader.stdout.readline())
    slack_message(place, LATE + timedelta(days=2))
    done = place.run()
    out, _ = reader.communicate("\n", timeout=60)
    assert done.returncode == 0, done.stderr
    return Late(place, done.stderr, seen_before, *map(int, out.split()))


def test_a_reader_neither_blocks_nor_is_blocked(late: Late):
    assert (late.seen_held, late.seen_opened_again) == (late.seen_before, late.seen_before + 1)


def test_late_rows_make_a_new_edition_of_their_week_and_those_after(sample: Place, late: Late):
    assert f"weeks {LATE} to {LAST}" in late.said
    before, after = published_rows(sample), published_rows(late.place)
    assert [row for row in after["editions"] if row[0] < LATE] == [row for row in before["editions"] if row[0] < LATE]
    changed = [row for row in after["editions"] if row[1] == 2]
    assert changed and changed[0][0] == LATE and "report_activity" in changed[0][3]
    older = f"select * from reports.report_activity where week_start < date '{LATE}' order by all"
    assert late.place.published(older) == sample.published(older)
    assert late.place.published(LATE_POSTS)[0][0] == sample.published(LATE_POSTS)[0][0] + 1


def test_what_late_rows_changed_can_be_looked_up(sample: Place, late: Late):
    columns = "source, week_start, tier, members, share"
    query = f"select {columns} from reports.report_pyramid order by all"
    before, after = ({row[:3]: row[3:] for row in place.published(query)} for place in (sample, late.place))
    expected = {
        (row[1], 2, f"source={row[0]}, tier={row[2]}", column, str(before[row][number]), str(after[row][number]))
        for row in after
        for number, column in enumerate(("members", "share"))
        if before[row][number] != after[row][number]
    }
    told = "select week_start, edition, key, column_name, old_value, new_value from reports.report_restatements"
    assert {row[0] for row in expected} >= {LATE}
    assert set(late.place.published(f"{told} where report = 'report_pyramid'")) == expected
    # Each edition says which reports it changed: the same ones.
    editions = late.place.published("select week_start, changed from reports.report_editions where edition = 2")
    restated = late.place.published("select distinct week_start, report from reports.report_restatements")
    assert set(restated) == {(week, report) for week, changed in editions for report in changed.split(", ")}
    assert sample.published("select count(*) from reports.report_restatements") == [(0,)]


def test_nothing_is_reported_from_before_the_first_row(tmp_path: Path):
    """An account that was closed long before the export begins has left in a week of which there is no row."""
    inbox = Inbox(tmp_path / "community")
    gone = user("U3", "Cem", deleted=True, updated=int(datetime(2023, 6, 1, tzinfo=UTC).timestamp()))
    put_all(inbox, files(message(), message(ts(MONDAY + WEEK))) | {"users.json": [user("U1", "Ann"), gone]})
    place = Place(inbox.config_file, inbox.home)
    done = place.run()
    assert done.returncode == 0, done.stderr
    weeks = place.published("select week_start from reports.report_activity where source = 'slack' order by all")
    assert weeks == [(MONDAY.date(),), ((MONDAY + WEEK).date(),)]
    asked_for = due(configuration.load(place.config), place.home, first=date(2023, 1, 1))
    assert asked_for.weeks == [week for (week,) in weeks]
    before = place.run("--from", "1990-01-01", "--to", "1990-01-02")
    assert (before.returncode, before.stdout) == (0, "")
    assert f"No week of the community lies in that range: its first one is that of {MONDAY.date()}." in before.stderr
