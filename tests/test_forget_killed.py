"""An erasure that is killed at any point is completed by the next run or `forget`; two at once queue up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from orchestration.home import HomeLock
from tests.communities import STILLHERE, Place, published_rows
from tests.exports_in.erasable import SLACK_ID, WEEKS
from tests.forgetting import TERMS, holds

KILLED = """
import os, signal, sys
from orchestration.erasure import lake_rows, published, rebuild, traces
from orchestration.erasure.erased_list import ErasedList
from orchestration.exports.lake import Ledger
from orchestration.page import pages
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
def after(calls, function):
    left = [None] * calls
    return lambda *arguments: function(*arguments) if left and not left.pop() else die()
exec(sys.argv[1])
from orchestration.cli import main
sys.exit(main(sys.argv[2:]))
"""
# In the order in which an erasure comes to them: each begins with what the one before left.
POINTS = (
    "rebuild.weeks_up_to_date = die",
    "ErasedList.write = die",
    "lake_rows._rewrite = after(3, lake_rows._rewrite)",
    "Ledger.commit = after(2, Ledger.commit)",
    "lake_rows._amend_quarantine = die",
    "rebuild._build = die",
    "published.publish.swap = die",
    "rebuild.pages_anew = die",
    "pages.write = die",
    "traces.erase = die",
)


def test_killed_at_every_point_it_is_completed_by_the_next_run(with_wil: Place, without_wil: Place, tmp_path: Path):
    place = with_wil.copy(tmp_path / "community")
    arguments = ["forget", f"slack:{SLACK_ID}", "--config", str(place.config), "--home", str(place.home.path)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STILLHERE_", "DAGSTER_"))}
    totals = published_rows(place)["report_activity"]
    for point in POINTS:
        died = subprocess.run(
            [sys.executable, "-c", KILLED, point, *arguments], env=clean, capture_output=True, text=True, check=False
        )
        assert died.returncode == -signal.SIGKILL, (point, died.stderr)
        # Whoever reads meanwhile finds a whole file, old or new.
        assert published_rows(place)["report_activity"] == totals, point
        assert (place.home.path / "erasing.json").stat().st_mode & 0o077 == 0
    done = place.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Completing an erasure that was begun and not completed." in done.stderr
    assert f"0 week(s) published; {WEEKS} unchanged." in done.stderr
    assert holds(place.home) == set()
    assert not (place.home.path / "erasing.json").exists()
    mine, theirs = published_rows(place), published_rows(without_wil)
    assert mine == theirs
    record = "select * exclude (erased_at) from reports.report_erasures order by all"
    assert place.published(record) == without_wil.published(record)
    files = "select source, file, rows_read, rows_loaded, rows_quarantined from reports.export_files order by all"
    hashed = [tuple(str(value).split("erased-")[0] for value in row) for row in place.published(files)]
    assert hashed == [tuple(str(value).split("erased-")[0] for value in row) for row in without_wil.published(files)]


def test_it_waits_for_its_turn_and_says_so(with_wil: Place, tmp_path: Path):
    place = with_wil.copy(tmp_path / "community")
    lock = HomeLock(place.home)
    lock.acquire("another run", print)
    try:
        process = subprocess.Popen(
            [STILLHERE, "forget", "slack:U999", "--config", place.config, "--home", place.home.path],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr
        assert "Waiting: another run" in process.stderr.readline()
        assert process.poll() is None
    finally:
        lock.release()
    rest = process.communicate(timeout=120)[1]
    assert process.returncode == 2
    assert "It is this run's turn now." in rest


def test_there_is_nothing_to_search_for_that_was_never_there(with_wil: Place):
    """What the other test does not find is there where nobody was erased."""
    assert {term for _, term in holds(with_wil.home)} == set(TERMS)
