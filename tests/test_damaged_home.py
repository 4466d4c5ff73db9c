"""Damaged files of a home: each is named with what to do, and doing so works. So are a disk at fault and
a source that cannot be read."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import sqlalchemy

from orchestration import definitions, faults
from orchestration.community import Community, environment_as_it_was
from orchestration.errors import BuildError
from orchestration.home import DAGSTER_YAML, Home, HomeLock
from tests.communities import Place, published_rows, stillhere

CONFIG = """
[community]
name = "Test"
timezone = "UTC"
[[sources]]
name = "group"
format = "table"
path = "exports"
[sources.columns]
member = "member"
at = "at"
type = "type"
"""
ROWS = "member,at,type\nann,2026-10-06 10:00,message\nbob,2026-10-13 10:00,message\nbob,never,message\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One source with two published weeks and a row in quarantine. Only look at it; break a `copy`."""
    folder = tmp_path_factory.mktemp("damaged") / "community"
    (folder / "exports").mkdir(parents=True)
    (folder / "stillhere.toml").write_text(CONFIG)
    (folder / "exports" / "a.csv").write_text(ROWS)
    place = Place(folder / "stillhere.toml", Home(folder / ".stillhere"))
    done = place.run()
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def place(whole: Place, tmp_path: Path) -> Place:
    return whole.copy(tmp_path / "copy")


@pytest.fixture
def community(place: Place) -> Iterator[Community]:
    """The copy, with Dagster at home there."""
    with environment_as_it_was():
        found = Community.of(place.config, place.home.path)
        found.export_environment()
        yield found
        HomeLock(found.home).release()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def overwritten(content: bytes) -> bytes:
    """All but its beginning and its end."""
    quarter = len(content) // 4
    return content[:quarter] + bytes(byte ^ 0x5A for byte in content[quarter:-quarter]) + content[-quarter:]


def other(content: bytes) -> bytes:
    return b"this is not what was here " * 30


FILES = {
    "warehouse.duckdb": "Delete it. The next run makes it anew from the lake.",
    "published/stillhere.duckdb": "Put it back from a backup.",
    "lake/group/*/week=2026-10-05/*.parquet": "the next run reads all exports of group anew.",
    "ledger/group/*.files.parquet": "the next run reads all exports of group anew.",
    "ledger/group/*.exports.parquet": "the next run reads all exports of group anew.",
    "dagster/history/runs.db": "The next run begins it anew.",
    "dagster/history/runs/index.db": "The next run begins it anew.",
    "dagster/history/runs/*-*.db": "The next run begins it anew.",
    "dagster/schedules/schedules.db": "The next run begins it anew.",
}
TEXTS = {
    "dagster/dagster.yaml": "delete it: the next run writes it anew.",
    "quarantine/group/*.jsonl": "No figure needs it;",
    "erased.json": "Put it back from a backup",
    "erasing.json": "Put it back from a backup.",
}


def harmed(home: Home, pattern: str, harm) -> Path:
    file = next(home.path.glob(pattern), home.path / pattern)
    file.write_bytes(harm(file.read_bytes() if file.exists() else b""))
    return file


def test_a_whole_home_is_found_whole(community: Community):
    assert faults.damage(community.home) == []


def test_a_look_at_a_home_leaves_nothing_where_the_user_is(whole: Place, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert faults.damage(whole.home) == []
    assert list(tmp_path.iterdir()) == [] and "DAGSTER_HOME" not in os.environ


@pytest.mark.parametrize("harm", [cut, overwritten, other])
@pytest.mark.parametrize("pattern", FILES)
def test_a_damaged_file_is_named_with_what_to_do(community: Community, pattern: str, harm):
    file = harmed(community.home, pattern, harm)
    (said,) = faults.damage(community.home)
    assert said.startswith(f"{file}: cannot be read: ") and FILES[pattern] in said


@pytest.mark.parametrize("pattern", TEXTS)
def test_a_damaged_text_is_named_with_what_to_do(community: Community, pattern: str):
    file = harmed(community.home, pattern, other)
    (said,) = faults.damage(community.home)
    assert said.startswith(f"{file}: ") and TEXTS[pattern] in said


@pytest.mark.parametrize(
    "text", ["nonsense: 1\n", "- 1\n", "telemetry:\n\tenabled: no\n", "run_launcher:\n  module: x\n"]
)
def test_an_instance_file_that_dagster_cannot_use(community: Community, text: str):
    file = harmed(community.home, "dagster/dagster.yaml", lambda _: text.encode())
    (said,) = faults.damage(community.home)
    assert said.startswith(f"{file}: Dagster cannot use it: ")


def test_an_empty_instance_file_is_written_anew(place: Place):
    """Dagster takes it for its own defaults, which send telemetry."""
    file = harmed(place.home, "dagster/dagster.yaml", lambda _: b"")
    place.home.create()
    assert file.read_text() == DAGSTER_YAML


def test_a_disk_at_fault(tmp_path):
    said = {
        str(faults.as_told(error))
        for error in (
            OSError(errno.ENOSPC, "No space left on device"),
            PermissionError(errno.EACCES, "Permission denied", "/exports/a.csv"),
            duckdb.IOException('IO Error: Could not write file "x": No space left on device'),
            sqlalchemy.exc.OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full")),
            BuildError("dbt failed:\nRuntime Error\n  IO Error: No space left on device"),
        )
    }
    assert len(said) == 5 and all("Make room" in sentence for sentence in said)
    assert any("/exports/a.csv" in sentence for sentence in said)
    home = Home(tmp_path).create()
    assert faults.as_told(FileNotFoundError(errno.ENOENT, "No such file"), home) is None
    assert faults.as_told(duckdb.IOException("IO Error: Could not set lock on file"), home) is None


@pytest.mark.parametrize("command", [["run"], ["forget", "group:ann"], ["ui"]])
@pytest.mark.parametrize(
    "pattern", ["published/stillhere.duckdb", "ledger/group/*.exports.parquet", "dagster/history/runs.db"]
)
def test_a_command_says_it_and_ends_with_1(place: Place, command: list[str], pattern: str):
    if command == ["ui"] and pattern.startswith("published"):
        pytest.skip("the UI does not read it")
    if command[0] == "forget" and pattern.startswith("dagster"):
        pattern = "dagster/history/runs/*-*.db"  # what an erasure cleans
    file = harmed(place.home, pattern, cut)
    done = stillhere(*command, "--config", place.config, "--home", place.home.path)
    assert done.returncode == 1, done.stderr
    assert f"{file}: cannot be read: " in done.stderr and "Traceback" not in done.stdout + done.stderr


OPEN = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


@pytest.mark.parametrize("pattern", ["published/stillhere.duckdb", "warehouse.duckdb"])
def test_a_file_that_another_program_has_open_for_writing_is_named_with_it(place: Place, pattern: str):
    file = place.home.path / pattern
    with subprocess.Popen([sys.executable, "-c", OPEN, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"open\n"
        done = place.run()
        holder.kill()
    said = done.stdout + done.stderr
    assert done.returncode == 1 and f"(PID {holder.pid}) has it open and locked. Close it there" in said, said
    assert f"{file}: " in said and "Traceback" not in said
    assert place.run().returncode == 0


def test_what_may_be_deleted_is_made_anew(place: Place, whole: Place):
    """The warehouse, the quarantine and all that is Dagster's: no figure changes, and no edition."""
    for pattern in ("warehouse.duckdb", "quarantine/group/*", "dagster/dagster.yaml", "dagster/**/*.db*"):
        for file in place.home.path.glob(pattern):
            file.unlink()
    done = place.run()
    assert (done.returncode, "0 week(s) published; 2 unchanged" in done.stderr) == (0, True), done.stderr
    assert published_rows(place) == published_rows(whole)


def test_a_published_file_that_was_deleted_is_published_anew(place: Place, whole: Place):
    place.home.published.unlink()
    done = place.run()
    assert (done.returncode, "2 week(s) published" in done.stderr) == (0, True), done.stderr
    assert published_rows(place) == published_rows(whole)


def test_a_source_whose_lake_and_ledger_were_deleted_is_read_anew(place: Place, whole: Place):
    shutil.rmtree(place.home.lake / "group")
    shutil.rmtree(place.home.ledger / "group")
    done = place.run()
    assert (done.returncode, "group: 2 rows from 1 new" in done.stderr) == (0, True), done.stderr
    assert published_rows(place) == published_rows(whole)


def runs_of(community: Community, job: str, **given) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.get() as instance:
        defs = definitions.build(community)
        return defs.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **given)


def failures(result: dg.ExecuteInProcessResult) -> list[str]:
    data = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    return [one.user_failure_data.description if one.user_failure_data else repr(one.error) for one in data]


def week(day: str) -> dict:
    return {"partition_key": day, "asset_selection": [dg.AssetKey(["published", "stillhere"])]}


@pytest.mark.parametrize(
    ("pattern", "job", "given"),
    [
        ("lake/group/*/week=2026-10-05/*.parquet", "pull_exports", {}),
        ("warehouse.duckdb", "pull_exports", {}),
        ("published/stillhere.duckdb", "weekly_report", week("2026-10-12")),
    ],
)
def test_a_run_of_the_ui_says_the_same(community: Community, pattern: str, job: str, given: dict):
    file = harmed(community.home, pattern, cut)
    (said,) = failures(runs_of(community, job, **given))
    assert said == faults.damage(community.home)[0] and said.startswith(f"{file}: cannot be read: ")


@pytest.mark.parametrize(
    "selection", [["published", "stillhere"], ["reports", "report_activity"], ["exports", "group"]]
)
def test_every_asset_says_what_is_wrong_with_the_config_in_words(community: Community, selection: list[str]):
    config = community.config.file
    config.write_text(CONFIG.replace('"UTC"', '"UTC"\nweek_start_day = "sunday"'))
    sunday = Community.of(config, community.home.path)
    partition = {} if selection[0] == "exports" else {"partition_key": "2026-10-11"}
    result = runs_of(sunday, "weekly_report", asset_selection=[dg.AssetKey(selection)], **partition)
    (said,) = failures(result)
    assert said.startswith(f"{config}: community.week_start_day: found 'sunday'")


@pytest.mark.parametrize(
    ("selection", "partition"),
    [
        (["published", "stillhere"], {"partition_key": "2026-10-12"}),
        (["reports", "report_activity"], {"partition_key": "2026-10-12"}),
        (["reports", "report_churn_backtest"], {"partition_key": "2026-10-12"}),
        (["canonical", "int_interactions"], {}),
    ],
)
def test_an_asset_alone_says_that_its_warehouse_was_deleted(
    community: Community, selection: list[str], partition: dict
):
    """What to run is said, and running it works; the asset alone does then, too."""
    community.home.warehouse.unlink()
    given = {"asset_selection": [dg.AssetKey(selection)], **partition}
    (said,) = failures(runs_of(community, "weekly_report", **given))
    assert said.startswith(f"{community.home.warehouse}: what this stands on was not computed yet, or the file was")
    assert runs_of(community, "weekly_report", partition_key="2026-10-12").success
    assert runs_of(community, "weekly_report", **given).success


def test_checks_alone_say_that_their_warehouse_was_deleted(community: Community):
    community.home.warehouse.unlink()
    defs = definitions.build(community)
    check = dg.AssetCheckKey(dg.AssetKey(["reports", "report_activity"]), "expectations")
    alone = dg.define_asset_job("checks_alone", dg.AssetSelection.checks(check))
    job = dg.Definitions.merge(defs, dg.Definitions(jobs=[alone])).resolve_job_def("checks_alone")
    with dg.DagsterInstance.get() as instance:
        (said,) = failures(job.execute_in_process(instance=instance, raise_on_error=False))
    assert said.startswith(f"{community.home.warehouse}: what this stands on was not computed yet, or the file was")


UNREAD = (
    "group: of its newest exports nothing can be read. The reasons are in {}. Put whole exports in place and run again."
)


@pytest.mark.parametrize(
    ("job", "given"),
    [
        ("pull_exports", {}),
        ("pull_exports", {"asset_selection": [dg.AssetKey(["exports", "group"])]}),
        ("weekly_report", {"partition_key": "2026-10-12"}),
    ],
)
def test_a_pull_of_the_ui_that_can_read_nothing_fails_at_its_end(community: Community, job: str, given: dict):
    (community.config.file.parent / "exports" / "a.csv").write_text("")
    quarantined = set(community.home.quarantine.glob("group/*"))
    for _ in range(2):  # told each time, not only when the file is new
        result = runs_of(community, job, **given)
        assert failures(result) == [UNREAD.format(community.home.quarantine / "group")]
        # Of a step that ends red, the instance alone knows what it has done.
        with dg.DagsterInstance.get() as instance:
            done = [["exports", "group"]] + [["published", "stillhere"]] * (job == "weekly_report")
            for key in done:
                event = instance.get_latest_materialization_event(dg.AssetKey(key))
                assert event and event.run_id == result.run_id
    assert len(set(community.home.quarantine.glob("group/*")) - quarantined) == 1


def test_a_week_that_is_withheld_for_it_tells_of_it_once(community: Community):
    (community.config.file.parent / "exports" / "a.csv").write_text("")
    (said,) = failures(runs_of(community, "weekly_report", partition_key="2026-10-19"))
    assert "none of the files of group could be read" in said and "of its newest exports" not in said
