"""Which runs still have a process, so that one that was killed does not count as going on for ever.

The queue lets one run through at a time. Dagster's default launcher cannot tell a run that computes from one whose
process was killed, or went down with the machine: the first such run would hold up for good whatever the UI, the
schedule or the sensor starts. So the process of a run locks a file of its own, and Dagster's monitoring asks whether it
is locked still. A run found dead is marked as failed; the next one completes what it began.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

from orchestration.community import Community

# A run is under way for a moment before its first step locks the file.
_SECONDS_TO_BEGIN = 300
_held: dict[Path, int] = {}


def begin(context: dg.AssetExecutionContext, community: Community) -> None:
    """Makes the home ready for a step of a run, once it is the run's turn."""
    hold(Path(context.instance.root_directory), context.run_id)
    community.prepare(f"run {context.run_id[:8]}", context.log.info)


def hold(dagster_home: Path, run_id: str) -> None:
    """Says that this process executes the run, until it ends or executes another one."""
    file = _file(dagster_home, run_id)
    if file in _held:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    # Nobody else holds it for longer than it takes to look.
    fcntl.flock(handle, fcntl.LOCK_EX)
    while _held:
        os.close(_held.popitem()[1])
    _held[file] = handle


def has_process(dagster_home: Path, run_id: str) -> bool | None:
    """Whether some process executes the run; None where none has said so yet."""
    try:
        handle = os.open(_file(dagster_home, run_id), os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _file(dagster_home: Path, run_id: str) -> Path:
    return dagster_home / "running" / run_id


class RunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, which besides can tell whether a run's process is still there."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Asked by Dagster's monitoring."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the run has a process; asked of runs that have been started and have not ended."""
        found = has_process(Path(self._instance.root_directory), run.run_id)
        if found is None:
            record = self._instance.get_run_record_by_id(run.run_id)
            found = record is not None and time.time() - (record.start_time or 0) < _SECONDS_TO_BEGIN
        if found:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        why = "the process of this run was killed, or the machine went down; the next run completes what it began"
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, why)
