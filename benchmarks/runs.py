"""Wall time and peak memory of `stillhere run` as a user starts it, on a fresh home.

    python benchmarks/runs.py                      # the sample community: all weeks, nothing new, one more week
    python benchmarks/runs.py EXPORT [TIMEZONE]    # a Slack export: all weeks in one backfill, then nothing new

Prints one line a run. Peak memory is that of the largest single process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STILLHERE = Path(sys.executable).with_name("stillhere")


def timed(what: str, config: Path, *arguments: str) -> None:
    """Runs `stillhere run` once and prints what it took."""
    started = time.monotonic()
    process = subprocess.Popen(
        [STILLHERE, "run", "--config", config, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    said = process.stderr.read().strip().splitlines()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - started
    summary = next((line for line in said if "published" in line), said[-1] if said else "")
    print(
        f"{what:<28} {took:7.1f} s wall {usage.ru_utime + usage.ru_stime:7.1f} s cpu"
        f" {usage.ru_maxrss / 1024:6.0f} MiB   exit {os.waitstatus_to_exitcode(status)}   {summary}",
        flush=True,
    )


def sample() -> None:
    """The sample community."""
    from orchestration.sample_community import write

    with tempfile.TemporaryDirectory() as folder:
        config = write(Path(folder) / "community")
        timed("sample, all but one week", config, "--to", "2026-10-11")
        timed("sample, one more week", config)
        timed("sample, nothing new", config)


def export(path: Path, timezone: str) -> None:
    """A Slack export, all weeks at once."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "stillhere.toml"
        config.write_text(
            f'[community]\nname = "benchmark"\ntimezone = {json.dumps(timezone)}\n\n'
            f'[[sources]]\nname = "slack"\nformat = "slack"\npath = {json.dumps(str(path.absolute()))}\n',
            encoding="utf-8",
        )
        timed("all weeks", config)
        timed("nothing new", config)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        export(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "UTC")
    else:
        sample()
