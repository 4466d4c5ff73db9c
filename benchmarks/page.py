"""How long a weekly page takes, and how large it is: `python benchmarks/page.py [--large] HOME`.

With `--large` it puts together a published file of 10,000 members and three years (figures of no meaning, in the shape
of the home's own tables), which is the size that the page promises to stay under five seconds and 1.5 MB for.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median

import duckdb

from orchestration.page import render

WEEKS, MEMBERS, MEMBER_WEEKS = 156, 10_000, 26
LOOK = render.Look("Benchmark", "en", "Europe/Berlin", "monday", 4, 12)


def large(sample: Path, target: Path) -> None:
    """A published file of three years: the sample's weeks repeated, its members multiplied."""
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{sample}' as sample (read_only)")
        connection.execute("create schema reports")
        span = connection.execute(
            "select cast((max(week_start) - min(week_start)) / 7 as integer) + 1 from sample.reports.report_activity"
        ).fetchall()[0][0]
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'sample' and schema_name = 'reports'"
        ).fetchall()
        for (table,) in tables:
            columns = [row[0] for row in connection.execute(f"describe sample.reports.{table}").fetchall()]
            if "week_start" not in columns:
                connection.execute(f"create table reports.{table} as from sample.reports.{table}")
                continue
            dates = [name for name in ("week_start", "cohort_week", "joined_week", "list_week") if name in columns]
            moved = ", ".join(f"cast({name} - to_days(7 * {span} * back) as date) as {name}" for name in dates)
            copies = 1
            if "member_id" in columns:
                rows = connection.execute(
                    f"select count(distinct member_id) from sample.reports.{table} where source = 'all'"
                ).fetchall()[0][0]
                copies = max(1, -(-MEMBERS // max(rows, 1)))
                moved += ", member_id || '-' || copy as member_id"
            connection.execute(
                f"""
                create table reports.{table} as
                select * replace ({moved}) from sample.reports.{table}
                cross join (select unnest(range({1 if copies > 1 else -(-WEEKS // span)})) as back)
                cross join (select unnest(range({copies})) as copy)
                """.replace("* replace", "* exclude (back, copy) replace")
            )


def measure(file: Path) -> None:
    """Prints how long pages of a published file take, and their size."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute("select distinct week_start from reports.report_editions order by 1").fetchall()
        weeks = [row[0] for row in found]
        members = connection.execute(
            "select count(*) from reports.member_week_status where week_start = $week and source = 'all'",
            {"week": weeks[-1]},
        ).fetchall()[0][0]
        html, *first = _timed(connection, weeks[-1])
        later = [_timed(connection, week)[1:] for week in weeks[-13:-1]]
    seconds, busy = (median(values) for values in zip(*later, strict=True))
    print(
        f"{file}: {len(weeks)} weeks, {members:,} members with a row in the last: the first page of a process"
        f" {first[0]:.2f} s ({first[1]:.2f} s of processor), then {seconds:.2f} s ({busy:.2f} s) each;"
        f" {len(html.encode()) / 1000:.0f} kB"
    )


def _timed(connection: duckdb.DuckDBPyConnection, week: date) -> tuple[str, float, float]:
    """A page, and its seconds by the clock and of the processor (which tell more on a busy machine)."""
    started, busy = time.perf_counter(), time.process_time()
    html = render.week_page(connection, week, LOOK)
    return html, time.perf_counter() - started, time.process_time() - busy


def main() -> None:
    """Measures a home's pages, or those of a large one that is put together from it."""
    if "--large" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "large.duckdb"
            large(Path(sys.argv[-1]) / "published" / "stillhere.duckdb", target)
            measure(target)
    else:
        measure(Path(sys.argv[1]) / "published" / "stillhere.duckdb")


if __name__ == "__main__":
    main()
