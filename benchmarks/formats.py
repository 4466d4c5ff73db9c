"""How fast each format is read, against the time that DuckDB alone takes for the same bytes, and in how much memory.

    python benchmarks/formats.py                          # 100 MB of every export below
    python benchmarks/formats.py 5000 slack_one_file      # 5 GB of one, in a zip that does not pack

The first column of times is `pull` (unpack, hash, check, parse, write Parquet by week) in a process of its own; the
floor is `count` over the columns that the format needs, read by DuckDB out of plain files. Prints a Markdown table.
To add a format: a function that writes an export of about so many bytes, with its line in `EXPORTS`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2022, 1, 3, tzinfo=UTC)
WEEKS = 200
TEXT = "Has anyone tried the new build on an old machine? It starts, but the list stays empty until one scrolls. "


@dataclass(frozen=True)
class Export:
    """What a generator wrote: the keys of its [[sources]] entry, and the SQL of its floor (`{files}`: a glob)."""

    source: str
    floor: str


def instants(rows: int) -> Iterator[datetime]:
    """Instants spread evenly over `WEEKS`."""
    step = timedelta(weeks=WEEKS) / max(rows, 1)
    return (START + step * row for row in range(rows))


def slack_messages(rows: int) -> Iterator[tuple[datetime, str]]:
    """Messages as Slack exports have them, about 390 bytes each."""
    for row, at in enumerate(instants(rows)):
        replies = "" if row % 3 else f'"thread_ts": "{int(START.timestamp())}.{row % 997:06d}", '
        reactions = (
            f'"reactions": [{{"name": "tada", "users": ["U{row % 5003}"], "count": 1}}], ' if row % 7 == 0 else ""
        )
        yield (
            at,
            (
                f'{{"client_msg_id": "{row:032x}", "type": "message", "user": "U{row % 20011}", {replies}{reactions}'
                f'"text": "{TEXT}\\n{row}", "ts": "{int(at.timestamp())}.{row % 1000000:06d}", "team": "T01"}}'
            ),
        )


SLACK = Export(
    'format = "slack"\npath = "{path}"\n',
    "select count(ts), count(\"user\"), count(thread_ts), count(reactions), count(text) from read_json({files}, "
    "columns = {{ts: 'VARCHAR', user: 'VARCHAR', thread_ts: 'VARCHAR', reactions: 'JSON', text: 'VARCHAR'}}, "
    "format = 'array', maximum_object_size = 67108864)",
)  # fmt: skip


def slack(folder: Path, size: int) -> Export:
    """A Slack export cut into channels and days."""
    days: dict[str, list[str]] = {}
    for row, (at, text) in enumerate(slack_messages(size // 330)):
        days.setdefault(f"channel-{row % 5}/{at:%Y-%m-%d}.json", []).append(text)
    for name, messages in days.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("[" + ",\n".join(messages) + "]")
    return SLACK


def slack_one_file(folder: Path, size: int) -> Export:
    """A Slack export whose messages all lie in one giant file."""
    (folder / "general").mkdir()
    with (folder / "general/2025-01-01.json").open("w") as out:
        for row, (_, text) in enumerate(slack_messages(size // 330)):
            out.write(("[" if row == 0 else ",\n") + text)
        out.write("]")
    return SLACK


MAPPING = """format = "table"
path = "{path}"
[sources.columns]
member = "user"
at = "created_at"
type = "action"
id = "id"
container = "channel"
"""
COLUMNS = 'count("user"), count(created_at), count(action), count(id), count(channel)'


def events(rows: int) -> Iterator[tuple[int, str, str, str, str]]:
    """Acts: id, member, instant, type, container."""
    kinds = ("post", "reply", "reply", "reaction", "view")
    for row, at in enumerate(instants(rows)):
        yield row, f"member-{row % 20011}", f"{at:%Y-%m-%dT%H:%M:%S}Z", kinds[row % 5], f"channel {row % 50}"


def table_csv(folder: Path, size: int) -> Export:
    """One CSV file with a column of text that is not mapped."""
    with (folder / "events.csv").open("w") as out:
        out.write("id,user,created_at,action,channel,text\n")
        for row in events(size // 170):
            out.write("{},{},{},{},{}".format(*row) + f',"{TEXT}"\n')
    return Export(MAPPING, f"select {COLUMNS} from read_csv({{files}}, all_varchar = true, header = true)")


def table_jsonl(folder: Path, size: int) -> Export:
    """One file of JSON Lines."""
    with (folder / "events.jsonl").open("w") as out:
        for row in events(size // 230):
            named = dict(zip(("id", "user", "created_at", "action", "channel"), row, strict=True))
            out.write(json.dumps(named | {"text": TEXT}) + "\n")
    kinds = "{{id: 'VARCHAR', user: 'VARCHAR', created_at: 'VARCHAR', action: 'VARCHAR', channel: 'VARCHAR'}}"
    return Export(MAPPING, f"select {COLUMNS} from read_json({{files}}, format = 'nd', columns = {kinds})")


def table_parquet(folder: Path, size: int) -> Export:
    """One Parquet file, as large as it gets with so many bytes of CSV."""
    import duckdb

    table_csv(folder, size)
    csv = str(folder / "events.csv")
    duckdb.execute(f"copy (select * exclude text from read_csv('{csv}')) to '{folder / 'events.parquet'}'")
    (folder / "events.csv").unlink()
    return Export(MAPPING, f"select {COLUMNS} from read_parquet({{files}})")


def orders(folder: Path, size: int) -> Export:
    """A shop's orders without ids, as CSV."""
    with (folder / "orders.csv").open("w") as out:
        out.write("customer,ordered_at,total,note\n")
        for row, at in enumerate(instants(size // 110)):
            out.write(f"customer-{row % 9973},{at:%Y-%m-%d},{row % 300}.{row % 100:02d},{TEXT[:75]}\n")
    return Export(
        'format = "orders"\npath = "{path}"\ncurrency = "EUR"\n[sources.columns]\nmember = "customer"\n'
        'at = "ordered_at"\namount = "total"\n',
        "select count(customer), count(ordered_at), count(total) from read_csv({files}, all_varchar = true)",
    )


EXPORTS: dict[str, Callable[[Path, int], Export]] = {
    "slack": slack,
    "slack_one_file": slack_one_file,
    "table_csv": table_csv,
    "table_jsonl": table_jsonl,
    "table_parquet": table_parquet,
    "orders": orders,
}

PULL = """
import json, sys, time
from pathlib import Path
from orchestration import config
from orchestration.exports.pull import pull
from orchestration.home import Home
loaded = config.load(Path(sys.argv[1]))
started = time.monotonic()
result = pull(loaded, loaded.sources[0], Home(loaded.file.parent / "home").create())
print(json.dumps([time.monotonic() - started, result.total("rows_read"), result.total("rows_loaded")]))
"""
FLOOR = """
import json, sys, time
import duckdb
duckdb.execute("set enable_progress_bar = false")  # it would be among what is printed
started = time.monotonic()
duckdb.execute(sys.argv[1]).fetchall()
print(json.dumps([time.monotonic() - started]))
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
        (took, rows, loaded), memory = run(PULL, str(config))
        assert rows == loaded, f"{rows - loaded} rows of {name} were not read"
    return (
        f"| {name} | {written / 1e6:,.0f} | {len(files):,} | {rows:,} | {took:.1f} | {written / 1e6 / took:,.0f} |"
        f" {rows / took:,.0f} | {floor:.1f} | {took / floor:.1f} | {memory:,.0f} |"
    )


if __name__ == "__main__":
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print("| export | MB | files | rows | s | MB/s | rows/s | floor s | times the floor | peak MiB |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for chosen in sys.argv[2:] or EXPORTS:
        began = time.monotonic()
        print(measure(chosen, megabytes * 1_000_000), flush=True)
        print(f"{chosen}: {time.monotonic() - began:.0f} s in all", file=sys.stderr, flush=True)
