"""The home folder: where everything that stillhere keeps lies, and the lock that lets one run at a time write to it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.errors import UserError

DAGSTER_YAML = """\
# Written by stillhere for its own Dagster instance; edit freely, it is not written again.
telemetry:
  enabled: false
nux:
  enabled: false
# One run writes the warehouse at a time. Granularity `run`: a second run waits in the queue as a whole. Runs from the
# command line do not pass the queue; the lock on the home (see `lock`) keeps those apart too.
concurrency:
  pools:
    default_limit: 1
    granularity: run
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 10
# Dagster's own launcher, which besides can tell that a run was killed (see orchestration/running.py).
run_launcher:
  module: orchestration.running
  class: RunLauncher
# Dagster's own event log files, written with kept connections (see orchestration/event_log.py).
event_log_storage:
  module: orchestration.event_log
  class: EventLog
  config:
    base_dir: history/runs
"""


@dataclass(frozen=True)
class Home:
    """Paths below one home folder (`contract`: lake, quarantine, warehouse, published, dagster)."""

    path: Path

    @property
    def lake(self) -> Path:
        """Raw rows: `lake/<source>/<table>/week=YYYY-MM-DD/*.parquet`."""
        return self.path / "lake"

    @property
    def ledger(self) -> Path:
        """Which files were loaded, when, and how their rows add up: `ledger/<source>/*.parquet`."""
        return self.path / "ledger"

    @property
    def quarantine(self) -> Path:
        """What could not be read, with the reason: `quarantine/<source>/*.jsonl`."""
        return self.path / "quarantine"

    @property
    def remote(self) -> Path:
        """What was fetched from elsewhere and not pulled yet, and the list of what was: `remote/<source>/`."""
        return self.path / "remote"

    @property
    def warehouse(self) -> Path:
        """dbt's working database."""
        return self.path / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """What BI tools open; swapped in whole."""
        return self.path / "published" / "stillhere.duckdb"

    @property
    def pages(self) -> Path:
        """The weekly pages: `published/weeks/YYYY-MM-DD/index.html`, and the list of them."""
        return self.path / "published" / "weeks"

    def page(self, week_start: date) -> Path:
        """A week's page."""
        return self.pages / str(week_start) / "index.html"

    @property
    def delivered(self) -> Path:
        """Which weeks were told by mail and webhook, a line each."""
        return self.path / "delivered.jsonl"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.path / "dagster"

    @property
    def dbt(self) -> Path:
        """dbt's compiled project and logs."""
        return self.path / "dbt"

    def create(self) -> Home:
        """Makes the folders and Dagster's instance file; leaves what is there alone.

        Raises:
            UserError: there can be no folder where the home is to be.
        """
        for folder in (self.lake, self.ledger, self.quarantine, self.published.parent, self.dagster, self.dbt):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
                raise UserError(
                    f"{self.path}: cannot be the home: {folder}: {error.strerror}. Expected a folder, or the name of a"
                    " new one; give another by --home or STILLHERE_HOME."
                ) from None
        instance_file = self.dagster / "dagster.yaml"
        # An empty one, as a full disk leaves it, would have Dagster do as it does by itself: telemetry among it.
        if not instance_file.exists() or not instance_file.stat().st_size:
            put_file(instance_file, DAGSTER_YAML.encode())
        return self


def put_file(target: Path, content: bytes) -> None:
    """Puts a file in its place in one step: a reader sees the old one or the new one, whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(target)


def try_lock(file: Path, holder: str) -> int | None:
    """Locks a file, and writes into it who holds it.

    Returns:
        A handle: the file is locked for as long as it is open in this process, or in one that inherits it. None where
        another process has it.
    """
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    os.ftruncate(handle, 0)
    os.pwrite(handle, holder.encode(), 0)
    return handle


class HomeLock:
    """One writer at a time on a home, wherever it was started: UI run, schedule, command line.

    An operating-system lock on `<home>/lock`: it dies with the process, so a killed run leaves nothing to clean up.
    Within a process it may be taken again (every step of a run asks for it); it is let go by `release` or at exit.
    """

    _held: dict[Path, int] = {}

    def __init__(self, home: Home):
        self._file = (home.path / "lock").resolve()

    @contextmanager
    def if_free(self, what: str) -> Iterator[bool]:
        """Takes the lock for the block where nobody has it, without waiting; says whether it did.

        Args:
            what: as for `acquire`.
        """
        if self._file in self._held:
            yield False
            return
        handle = self._try(what)
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)

    def _try(self, what: str) -> int | None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        holder = {"what": what, "pid": os.getpid(), "since": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"}
        return try_lock(self._file, json.dumps(holder))

    def acquire(self, what: str, say: Callable[[str], None], every_seconds: float = 30.0) -> None:
        """Takes the lock, waiting as long as it must.

        Args:
            what: what this process is about to do, shown to others that wait.
            say: called with a sentence when it has to wait, and again every `every_seconds`.
        """
        if self._file in self._held:
            return
        last_said = None
        while (handle := self._try(what)) is None:
            if last_said is None or time.monotonic() - last_said >= every_seconds:
                say(f"Waiting: {self._holder()} is using {self._file.parent}.")
                last_said = time.monotonic()
            time.sleep(0.2)
        self._held[self._file] = handle
        if last_said is not None:
            say("It is this run's turn now.")

    def release(self) -> None:
        """Lets the next one in. Harmless when the lock is not held."""
        handle = self._held.pop(self._file, None)
        if handle is not None:
            os.close(handle)

    def _holder(self) -> str:
        for _ in range(10):
            try:
                holder = json.loads(self._file.read_text(encoding="utf-8"))
                return f"{holder['what']} (process {holder['pid']}, since {holder['since']})"
            except (OSError, ValueError, KeyError):
                time.sleep(0.02)  # who has just taken it may not have written its name yet
        return "another run"
