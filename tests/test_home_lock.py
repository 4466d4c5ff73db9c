"""One writer at a time on a home: the second waits, says for whom, and goes on when the first is gone."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from orchestration.home import DAGSTER_YAML, Home, HomeLock

HOLD = """
import sys, time
from orchestration.home import Home, HomeLock
from pathlib import Path
HomeLock(Home(Path(sys.argv[1]))).acquire("run 1234abcd", print)
print("held", flush=True)
sys.stdin.readline()
"""
WAIT = """
import sys
from orchestration.home import Home, HomeLock
from pathlib import Path
HomeLock(Home(Path(sys.argv[1]))).acquire("run 5678efgh", lambda text: print(text, flush=True), every_seconds=0.5)
print("held", flush=True)
"""


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home").create()
    yield home
    HomeLock(home).release()


@pytest.fixture
def start(home):
    started = []

    def start(code):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(home.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def line(process):
    return process.stdout.readline().strip()


def test_a_name_that_the_holder_is_just_writing_is_waited_for(home, start):
    """Between taking the lock and writing who took it lies a moment, in which another may ask."""
    first = start(HOLD)
    assert line(first) == "held"
    lock = home.path / "lock"
    holder = lock.read_bytes()
    lock.write_bytes(b"")
    threading.Timer(0.08, lock.write_bytes, [holder]).start()
    said = []
    threading.Timer(0.5, first.stdin.close).start()
    HomeLock(home).acquire("run 5678efgh", said.append)
    assert said[0].startswith(f"Waiting: run 1234abcd (process {first.pid}, since ")


@pytest.mark.parametrize("end", ["regular", "SIGKILL"])
def test_a_second_process_waits_says_for_whom_and_goes_on(start, end):
    first = start(HOLD)
    assert line(first) == "held"
    second = start(WAIT)
    said = line(second)
    assert f"run 1234abcd (process {first.pid}, since 20" in said
    assert said.startswith("Waiting: ")
    assert line(second) == said, "it says so again"
    assert second.poll() is None
    if end == "SIGKILL":
        first.send_signal(signal.SIGKILL)
    else:
        first.stdin.close()
    rest = second.communicate(timeout=20)[0].splitlines()
    assert rest[-2:] == ["It is this run's turn now.", "held"]
    assert second.returncode == 0


def test_within_a_process_it_may_be_taken_again(home, start):
    said = []
    HomeLock(home).acquire("one", said.append)
    HomeLock(home).acquire("two", said.append)
    assert said == []
    other = start(WAIT)
    assert f"one (process {os.getpid()}," in line(other)
    HomeLock(home).release()
    HomeLock(home).release()
    assert other.communicate(timeout=20)[0].endswith("held\n")


def test_a_lock_file_that_says_nothing_still_locks(home, start):
    HomeLock(home).acquire("one", print)
    (home.path / "lock").write_text("")
    assert line(start(WAIT)) == f"Waiting: another run is using {home.path}."


def test_a_free_lock_is_taken_at_once_whatever_a_dead_run_left_in_it(home):
    (home.path / "lock").write_text('{"what": "run", "pid": 1, "since": "2020-01-01"}')
    said, start = [], time.monotonic()
    HomeLock(home).acquire("one", said.append)
    assert said == []
    assert time.monotonic() - start < 5


def test_creating_a_home_twice_changes_nothing_that_was_edited(tmp_path):
    home = Home(tmp_path / "a" / "home").create()
    settings = home.dagster / "dagster.yaml"
    assert settings.read_text() == DAGSTER_YAML
    settings.write_text("telemetry: {enabled: false}\n")
    assert home.create() is home
    assert settings.read_text() == "telemetry: {enabled: false}\n"
    assert home.lake.is_dir()
    assert home.published.parent.is_dir()
