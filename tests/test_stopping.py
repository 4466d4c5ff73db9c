"""Ctrl-C and SIGTERM: a run says that it stopped, leaves what was published, and the next one completes the rest."""

import os
import signal
import subprocess
import time

import pytest

from orchestration import stopping
from orchestration.home import Home
from tests.communities import STILLHERE, Place

CONFIG = """
[community]
name = "Stopped"
timezone = "UTC"
[[sources]]
name = "group"
format = "table"
path = "group.csv"
[sources.columns]
member = "who"
at = "at"
type = "what"
"""
ROWS = "who,at,what\nana,2026-03-02T10:00:00Z,post\nben,2026-03-10T10:00:00Z,post\nana,2026-03-18T10:00:00Z,post\n"
SAID = "Stopped. What was published stays; the next run completes the rest.\n"


@pytest.fixture(autouse=True)
def interrupts_are_heard():
    """A test suite that a shell started in its background ignores them, and would hand that on to what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    (tmp_path / "group.csv").write_text(ROWS)
    return Place(tmp_path / "stillhere.toml", Home(tmp_path / ".stillhere"))


def swallowed(signum):
    """A signal whose handler's exception gets lost, as in Dagster's handlers between two steps."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signum)
        time.sleep(1)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_was_lost_on_its_way_ends_the_block_all_the_same(signum):
    with pytest.raises(KeyboardInterrupt), stopping.heard() as stop_if_asked:
        stop_if_asked()
        swallowed(signum)
        stop_if_asked()
        pytest.fail("not heard")


def test_what_fails_after_a_signal_came_of_it():
    with pytest.raises(KeyboardInterrupt) as caught, stopping.heard():
        swallowed(signal.SIGTERM)
        raise RuntimeError("Query interrupted")
    assert str(caught.value.__cause__) == "Query interrupted"


def test_what_fails_without_a_signal_stays_what_it_is_and_handlers_are_as_before():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(RuntimeError, match="a failure"), stopping.heard() as stop_if_asked:
        stop_if_asked()
        raise RuntimeError("a failure")
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1


def test_other_signals_stop_nothing():
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with stopping.heard() as stop_if_asked:
            signal.raise_signal(signal.SIGUSR1)
            stop_if_asked()
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_so_and_the_next_completes_it(place, signum):
    process = subprocess.Popen(
        [STILLHERE, "run", "--config", place.config],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0,
        env={name: value for name, value in os.environ.items() if not name.startswith(("STILLHERE_", "DAGSTER_"))},
    )  # fmt: skip
    lines = []
    while not lines or not lines[-1].startswith("weeks "):
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    # By now dbt has begun, and is far from done.
    time.sleep(1)
    # As a terminal does with Ctrl-C, and a service manager with SIGTERM: everybody in the group gets it.
    os.killpg(process.pid, signum)
    rest = process.communicate(timeout=120)[1]
    assert (rest, process.returncode) == (SAID, 1)
    assert not place.home.published.exists()
    done = place.run()
    assert done.returncode == 0, done.stderr
    assert "3 week(s) published; 0 unchanged." in done.stderr
    assert (place.home.pages / "2026-03-16" / "index.html").exists()
