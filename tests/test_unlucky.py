"""What befalls an operator: nothing that can be read, a full disk, damaged files. All told, and never a traceback."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import sqlalchemy

from orchestration import faults
from orchestration.assets import exports
from orchestration.community import Community
from orchestration.errors import BuildError
from orchestration.home import Home, HomeLock
from tests.communities import Place, stillhere

CONFIG = """
[community]
name = "Test"
timezone = "UTC"
[[sources]]
name = "group"
format = "table"
path = "ev.csv"
[sources.columns]
member = "member"
at = "at"
type = "type"
"""
ROWS = "member,at,type\nann,2026-10-06 10:00,message\nbob,2026-10-13 10:00,message\n"


def _place(folder: Path, rows: str) -> Place:
    folder.mkdir()
    (folder / "stillhere.toml").write_text(CONFIG)
    (folder / "ev.csv").write_text(rows)
    return Place(folder / "stillhere.toml", Home(folder / ".stillhere"))


@pytest.fixture(scope="module")
def two_weeks(tmp_path_factory) -> Place:
    """One source with two published weeks. Only look at it; break a `copy`."""
    place = _place(tmp_path_factory.mktemp("unlucky") / "community", ROWS)
    done = place.run()
    assert done.returncode == 0, done.stderr
    return place


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


DATABASES = {"warehouse.duckdb": "makes it anew from the lake", "published/stillhere.duckdb": "from a backup"}


@pytest.mark.parametrize("command", [["run"], ["forget", "group:ann"]], ids=["run", "forget"])
@pytest.mark.parametrize("kept", [0.001, 0.5])
@pytest.mark.parametrize("name", DATABASES)
def test_a_database_that_was_cut(two_weeks: Place, tmp_path: Path, name: str, kept: float, command: list[str]):
    place = two_weeks.copy(tmp_path / "cut")
    file = place.home.path / name
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * kept)])
    done = stillhere(*command, "--config", place.config, "--home", place.home.path)
    assert done.returncode == 1, done.stderr
    assert f"{file}: cannot be read: " in done.stderr and "Traceback" not in done.stderr
    assert DATABASES[name] in done.stderr


DAMAGED = {
    "lake": ("lake/group/*/week=*/*.parquet", "delete the folders", ["lake/group", "ledger/group"]),
    "ledger": ("ledger/group/*.parquet", "delete the folders", ["lake/group", "ledger/group"]),
    "dagster's runs": ("dagster/history/runs.db", "begins it anew", ["dagster"]),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_other_files_of_the_home_that_are_damaged(two_weeks: Place, tmp_path: Path, kind: str):
    pattern, todo, to_delete = DAMAGED[kind]
    place = two_weeks.copy(tmp_path / "damaged")
    (place.config.parent / "ev.csv").write_text(ROWS + "cid,2026-10-14 10:00,message\n")
    for file in place.home.path.glob(pattern):
        file.write_bytes(b"this is no database" * 500)
    done = place.run()
    assert done.returncode == 1, done.stderr
    assert f"{file}: cannot be read: " in done.stderr and "Traceback" not in done.stderr
    assert todo in done.stderr
    for folder in to_delete:
        shutil.rmtree(place.home.path / folder)
    done = place.run()
    assert done.returncode == 0, done.stderr


def test_a_damaged_file_may_be_deleted(two_weeks: Place, tmp_path: Path):
    place = two_weeks.copy(tmp_path / "deleted")
    for file in (place.home.warehouse, place.home.published, place.home.dagster / "dagster.yaml"):
        file.unlink()
    done = place.run()
    assert (done.returncode, "2 week(s) published" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize(
    "text", [b"telemetry:\n\tenabled: no\n", b"nonsense: 1\n", b"- 1\n", b"\xff", b"run_monitoring:\n  enabled: tr"]
)
def test_an_instance_file_that_dagster_cannot_use(two_weeks: Place, tmp_path: Path, text: bytes):
    place = two_weeks.copy(tmp_path / "bent")
    file = place.home.dagster / "dagster.yaml"
    file.write_bytes(text)
    done = place.run()
    assert done.returncode == 1, done.stderr
    assert f"{file}: Dagster cannot use it: " in done.stderr and "Traceback" not in done.stderr
    assert "or delete it" in done.stderr


def test_exports_that_come_back_byte_for_byte(two_weeks: Place, tmp_path: Path):
    place = two_weeks.copy(tmp_path / "emptied")
    (place.config.parent / "ev.csv").write_text("")
    for _ in range(2):  # a cron job is told each time, not only when the file is new
        done = place.run()
        assert done.returncode == 1, done.stderr
        assert done.stderr.count("group: of its newest exports nothing can be read. ") == 1
    (place.config.parent / "ev.csv").write_text(ROWS)
    for _ in range(2):
        done = place.run()
        assert (done.returncode, "nothing can be read" in done.stderr) == (0, False), done.stderr


def _failures_in_the_ui(place: Place) -> list[str | None]:
    """What the steps of a pull that the command line did not start say as they fail."""
    community = Community.of(place.config, place.home.path)
    job = dg.Definitions(
        assets=[exports.exports_asset(community, community.config.sources[0])],
        jobs=[dg.define_asset_job("pull", executor_def=dg.in_process_executor)],
    ).resolve_job_def("pull")
    try:
        result = job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
    finally:
        HomeLock(community.home).release()
    failed = [event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure]
    return [failure and failure.description for failure in failed]


def test_a_pull_from_the_ui_fails_in_the_words_of_the_command_line(two_weeks: Place, tmp_path: Path):
    place = two_weeks.copy(tmp_path / "ui")
    assert _failures_in_the_ui(place) == []
    (place.config.parent / "ev.csv").write_text("")
    [said] = _failures_in_the_ui(place)
    assert said and said.startswith("group: of its newest exports nothing can be read. ")
    (place.home.path / "erased.json").write_text("{")
    [said] = _failures_in_the_ui(place)
    assert said and str(place.home.path / "erased.json") in said and "cannot be read" in said
