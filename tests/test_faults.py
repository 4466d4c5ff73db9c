"""Runs that are killed, and runs that meet."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

from tests.communities import (
    LAST,
    STILLHERE,
    Place,
    slack_message,
)


def test_a_killed_run_loses_no_published_week(sample: Place, tmp_path: Path):
    """SIGKILL somewhere in the middle; the file still opens as it was, and the next run completes."""
    place = sample.copy(tmp_path / "killed")
    before = place.home.published.read_bytes()
    slack_message(place, LAST + timedelta(days=1))
    process = subprocess.Popen(
        [STILLHERE, "run", "--config", place.config, "--home", place.home.path],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(14)
    assert process.poll() is None, "the run was over before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert place.home.published.read_bytes() == before
    done = place.run()
    assert done.returncode == 0, done.stderr
    posts = "select posts from reports.report_activity where source = 'slack' and week_start = date '2026-10-12'"
    assert place.published(posts)[0][0] == sample.published(posts)[0][0] + 1


def test_two_runs_at_once_queue_up(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "two")
    command = [STILLHERE, "run", "--config", place.config, "--home", place.home.path, "--from", "2026-10-12"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=300)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert sum("Waiting: stillhere run (process" in text for text in said) == 1, said
