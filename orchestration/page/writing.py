"""Writing many pages: each takes half a second of one processor, so they are shared out among processes.

`python -m orchestration.page.writing` writes a share; it is started by `write` and is no command of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import processors, progress, warehouse
from orchestration.home import Home, put_file
from orchestration.page.render import Look, week_page

if TYPE_CHECKING:
    import duckdb

# A process takes a second or two to start: it is worth it for this many pages.
PAGES_A_PROCESS = 12


@dataclass(frozen=True)
class Job:
    """A page to write: its week, its key, and the published weeks before and after it."""

    week: date
    key: str
    previous: date | None
    next_week: date | None


@contextmanager
def published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the published file for many small questions: each is one thread's work, and others would wait for
    it busily."""
    with warehouse.connect(home.published, read_only=True) as connection:
        connection.execute("set threads = 1")
        yield connection


def write(home: Home, connection: duckdb.DuckDBPyConnection, look: Look, jobs: Sequence[Job]) -> None:
    """Writes pages, each in one step, in as many processes as there are processors and pages for them.

    Args:
        connection: to the published file.

    Raises:
        RuntimeError: another process could not write its share.
    """
    shares = max(1, min(processors.count(), len(jobs) // PAGES_A_PROCESS))
    others = [_started(home, look, jobs[number::shares]) for number in range(1, shares)]
    try:
        for number, job in enumerate(jobs[::shares]):
            progress.say(f"writing page {1 + number * shares} of {len(jobs)}: week {job.week}")
            _write(home, connection, look, job)
        for other in others:
            _, said = other.communicate()
            if other.returncode:
                raise RuntimeError(f"pages could not be written:\n{said[-2000:]}")
    finally:
        for other in others:
            other.kill()
            other.wait()


def _write(home: Home, connection: duckdb.DuckDBPyConnection, look: Look, job: Job) -> None:
    html = week_page(connection, job.week, look, job.key, job.previous, job.next_week)
    put_file(home.page(job.week), html.encode())


def _started(home: Home, look: Look, jobs: Sequence[Job]) -> subprocess.Popen[str]:
    share = json.dumps([str(home.path), asdict(look), [astuple(job) for job in jobs]], default=str)
    return subprocess.Popen(
        [sys.executable, "-m", __name__, share],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def main(share: str) -> None:
    """Writes the share of pages that another process has handed over."""
    path, look, jobs = json.loads(share)
    home = Home(Path(path))
    with published(home) as connection:
        for week, key, *neighbours in jobs:
            previous, next_week = (date.fromisoformat(day) if day else None for day in neighbours)
            _write(home, connection, Look(**look), Job(date.fromisoformat(week), key, previous, next_week))
            # Who has nobody to tell any more was left behind by a run that was killed, and stops.
            print(week, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
