"""How fast each format is read, against the time that DuckDB alone takes for the same bytes, and in how much memory.

    python benchmarks/formats.py                          # 100 MB of every export below
    python benchmarks/formats.py 5000 slack_one_file      # 5 GB of one, in a zip that does not pack

The first column of times is `pull` (unpack, hash, check, parse, write Parquet by week) in a process of its own, the
second its processor time over all threads, which other work on the machine disturbs little; the floor is `count` over
the columns that the format needs, read by DuckDB out of plain files. Prints a Markdown table.
To add a format: a function that writes an export of about so many bytes, with its line in `exports.EXPORTS`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from exports import EXPORTS

PULL = """
import json, sys, time
from pathlib import Path
from orchestration import config
from orchestration.exports.pull import pull
from orchestration.home import Home
loaded = config.load(Path(sys.argv[1]))
started, worked = time.monotonic(), time.process_time()
result = pull(loaded, loaded.sources[0], Home(loaded.file.parent / "home").create())
took = [time.monotonic() - started, time.process_time() - worked]
print(json.dumps([*took, result.total("rows_read"), result.total("rows_loaded")]))
"""
FLOOR = """
import json, sys, time
import duckdb
duckdb.execute("set enable_progress_bar = false")  # it would be among what is printed
worked = time.process_time()
duckdb.execute(sys.argv[1]).fetchall()
print(json.dumps([time.process_time() - worked]))
"""


def run(*command: str) -> tuple[list[float], float]:
    """Runs Python code in a process of its own: what it printed, and its peak memory in MiB."""
    process = subprocess.Popen([sys.executable, "-c", *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed with status {status}")
    return json.loads(said), usage.ru_maxrss / 1024


def measure(name: str, size: int) -> str:
    """Writes an export, reads it both ways, and returns its line of the table."""
    with tempfile.TemporaryDirectory() as temporary:
        root, folder = Path(temporary), Path(temporary) / "export"
        folder.mkdir()
        export = EXPORTS[name](folder, size)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        written = sum(path.stat().st_size for path in files)
        (floor,), _ = run(FLOOR, export.floor.format(files=f"'{folder}/**/*.*'"))
        with zipfile.ZipFile(root / "export.zip", "w") as archive:
            for path in files:
                archive.write(path, path.relative_to(folder))
                path.unlink()
        config = root / "stillhere.toml"
        config.write_text(
            '[community]\nname = "x"\n[[sources]]\nname = "made"\n' + export.source.format(path="export.zip")
        )
        (took, worked, rows, loaded), memory = run(PULL, str(config))
        assert rows == loaded, f"{rows - loaded} rows of {name} were not read"
    return (
        f"| {name} | {written / 1e6:,.0f} | {len(files):,} | {rows:,} | {took:.1f} | {worked:.1f} |"
        f" {written / 1e6 / worked:,.0f} | {rows / worked:,.0f} | {floor:.1f} | {worked / floor:.1f} | {memory:,.0f} |"
    )


if __name__ == "__main__":
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print("| export | MB | files | rows | s | CPU s | MB/CPU s | rows/CPU s | floor CPU s | times | peak MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for chosen in sys.argv[2:] or EXPORTS:
        began = time.monotonic()
        print(measure(chosen, megabytes * 1_000_000), flush=True)
        print(f"{chosen}: {time.monotonic() - began:.0f} s in all", file=sys.stderr, flush=True)
