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


def test_a_killed_run_loses_no_published_week_and_two_at_once_queue_up(sample: Place, tmp_path: Path):
    """SIGKILL somewhere in the middle; the file still opens as it was. Then two runs: the one completes what was begun,
    the other waits for it and finds nothing more to do."""
    place = sample.copy(tmp_path / "killed")
    before = place.home.published.read_bytes()
    slack_message(place, LAST + timedelta(days=1))
    command = [STILLHERE, "run", "--config", place.config, "--home", place.home.path]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    # The models are being computed once dbt has the warehouse open to write to it.
    while not place.home.warehouse.with_name(f"{place.home.warehouse.name}.wal").exists():
        assert process.poll() is None, "the run was over before it could be killed"
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert place.home.published.read_bytes() == before
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=600)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert sum("Waiting: stillhere run (process" in text for text in said) == 1, said
    assert sum("1 week(s) published" in text for text in said) == 1, said
    assert sum("0 week(s) published" in text for text in said) == 1, said
    posts = "select posts from reports.report_activity where source = 'slack' and week_start = date '2026-10-12'"
    assert place.published(posts)[0][0] == sample.published(posts)[0][0] + 1
