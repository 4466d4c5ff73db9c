"""A run whose process was killed is found out, and holds nobody up; one that computes is left alone."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from orchestration import running
from orchestration.home import Home

FAILURE, STARTED = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.STARTED
EXECUTE = """
import sys, time
from pathlib import Path
from orchestration import running
for run_id in sys.argv[2:]:
    running.hold(Path(sys.argv[1]), run_id)
print("executing", flush=True)
time.sleep(60)
"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch) -> Iterator[dg.DagsterInstance]:
    home = Home(tmp_path).create()
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    with dg.DagsterInstance.get() as found:
        yield found


def started(instance: dg.DagsterInstance) -> str:
    """A run that has begun."""
    run = instance.create_run_for_job(dg.GraphDefinition("a_job").to_job())
    begun = DagsterEvent(DagsterEventType.PIPELINE_START.value, "a_job")
    instance.report_dagster_event(begun, run.run_id)
    return run.run_id


def after_a_look(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    """A run's status once Dagster's daemon has looked at it."""
    daemon = SimpleNamespace(instance=instance, create_request_context=lambda: None)
    assert not [error for error in execute_run_monitoring_iteration(daemon, logging.getLogger("test")) if error]  # type: ignore[arg-type]
    return instance.get_run_by_id(run_id).status  # type: ignore[union-attr]


def test_a_run_ends_with_its_process(instance: dg.DagsterInstance):
    before, now = started(instance), started(instance)
    process = subprocess.Popen(
        [sys.executable, "-c", EXECUTE, instance.root_directory, before, now],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
    )
    assert process.stdout and process.stdout.readline() == b"executing\n"
    assert after_a_look(instance, now) == STARTED
    # The process has gone on to the next run.
    assert after_a_look(instance, before) == FAILURE
    process.kill()
    process.wait()
    assert after_a_look(instance, now) == FAILURE
    said = [record.message for record in instance.all_logs(now)]
    assert any("was killed, or the machine went down; the next run completes what it began" in text for text in said)


def test_a_run_that_has_just_begun_is_given_time(instance: dg.DagsterInstance, monkeypatch):
    run_id = started(instance)
    assert after_a_look(instance, run_id) == STARTED
    later = time.time() + running._SECONDS_TO_BEGIN + 1
    monkeypatch.setattr(running.time, "time", lambda: later)
    assert after_a_look(instance, run_id) == FAILURE


def test_a_step_after_the_first_keeps_what_the_run_holds(tmp_path: Path):
    for _ in range(2):
        running.hold(tmp_path, "a")
        assert running.has_process(tmp_path, "a")
    running.hold(tmp_path, "b")
    assert (running.has_process(tmp_path, "a"), running.has_process(tmp_path, "b")) == (False, True)
    assert running.has_process(tmp_path, "c") is None
