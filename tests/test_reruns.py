"""The same exports give the same rows, however the weeks are run; new rows change what they must."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

import expectations
from orchestration import warehouse
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
    """Half of the weeks, one dbt call each on the reports alone, in shuffled order, as reruns from the UI do it."""
    from dbt.cli.main import dbtRunner

    from orchestration import config as configuration

    place = sample.copy(tmp_path / "single")
    reports = " ".join(expectations.REPORTS)
    before = warehouse_rows(place)
    weeks = [LAST - i * WEEK for i in range(0, WEEKS, 2)]
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


def test_late_rows_make_a_new_edition_of_their_week_and_those_after(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "late")
    late = LAST - 2 * WEEK
    before = published_rows(place)
    slack_message(place, late + timedelta(days=2))
    done = place.run()
    assert done.returncode == 0, done.stderr
    assert f"weeks {late} to {LAST}" in done.stderr
    after = published_rows(place)
    assert [row for row in after["editions"] if row[0] < late] == [row for row in before["editions"] if row[0] < late]
    changed = [row for row in after["editions"] if row[1] == 2]
    assert changed and changed[0][0] == late and "report_activity" in changed[0][3]
    older = f"select * from reports.report_activity where week_start < date '{late}' order by all"
    assert place.published(older) == sample.published(older)
    replies = f"select posts from reports.report_activity where source = 'slack' and week_start = date '{late}'"
    assert place.published(replies)[0][0] == sample.published(replies)[0][0] + 1


def test_nothing_is_reported_from_before_the_first_row(tmp_path: Path):
    """An account that was closed long before the export begins has left in a week of which there is no row."""
    inbox = Inbox(tmp_path / "community")
    gone = user("U3", "Cem", deleted=True, updated=int(datetime(2023, 6, 1, tzinfo=UTC).timestamp()))
    put_all(inbox, files(message(), message(ts(MONDAY + WEEK))) | {"users.json": [user("U1", "Ann"), gone]})
    place = Place(inbox.config_file, inbox.home)
    for arguments in ((), ("--from", "2023-01-01")):
        done = place.run(*arguments)
        assert done.returncode == 0, done.stderr
        weeks = place.published("select week_start from reports.report_activity where source = 'slack' order by all")
        assert weeks == [(MONDAY.date(),), ((MONDAY + WEEK).date(),)]
