"""What readers of the published file find."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb

import expectations
from orchestration import warehouse
from tests.communities import (
    FIRST,
    LAST,
    WEEK,
    WEEKS,
    Place,
    slack_message,
)


def test_every_closed_week_is_published(sample: Place):
    weeks = [row[0] for row in sample.published("select distinct week_start from reports.report_activity order by 1")]
    assert weeks == [FIRST + i * WEEK for i in range(WEEKS)]
    assert sample.published("select count(*), min(edition), max(edition) from reports.report_editions") == [
        (WEEKS, 1, 1)
    ]
    assert sample.published("select distinct source from reports.report_activity order by 1") == [
        ("all",),
        ("shop",),
        ("slack",),
    ]


def test_quality_lists_every_check_of_every_week(sample: Place):
    per_week = sample.published("select count(*) from reports.report_quality group by week_start")
    assert len(per_week) == WEEKS and len(set(per_week)) == 1
    assert sample.published("select count(distinct report) from reports.report_quality") == [
        (len(expectations.REPORTS),)
    ]
    assert sample.published(
        "select count(*) from reports.report_quality where severity = 'critical' and not passed"
    ) == [(0,)]


def test_export_files_add_up(sample: Place):
    assert sample.published(
        "select count(*) from reports.export_files where rows_read <> rows_loaded + rows_quarantined"
    ) == [(0,)]
    assert sample.published("select count(*) > 2000 from reports.export_files") == [(True,)]


def test_tables_and_columns_bear_their_words(sample: Place):
    tables = sample.published(
        "select table_name from duckdb_tables() where schema_name = 'reports' and coalesce(comment, '') = ''"
    )
    columns = sample.published(
        "select table_name, column_name from duckdb_columns()"
        " where schema_name = 'reports' and coalesce(comment, '') = ''"
    )
    assert (tables, columns) == ([], [])


def test_member_rows_are_kept_for_the_last_weeks_only(sample: Place):
    found = sample.published(
        "select count(distinct week_start), min(week_start), max(week_start) from reports.member_week_status"
    )
    assert found == [(26, LAST - 25 * WEEK, LAST)]


def test_names_are_pseudonyms_unless_the_config_says_otherwise(sample: Place):
    assert sample.published(
        "select count(*) from reports.member_week_status where member_name not like 'member %'"
    ) == [(0,)]


def test_the_published_file_opens_with_the_oldest_storage_version(sample: Place):
    """Clients from DuckDB 1.0 on can read it."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample.home.published}' as published (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchall()[
            0
        ][0]
    assert tags["storage_version"] == "v1.0.0+", tags


def test_control_tables_say_what_the_run_was_told(sample: Place):
    with warehouse.connect(sample.home.warehouse, read_only=True) as connection:
        assert connection.execute("select timezone, churned_after_weeks from control.settings").fetchall() == [
            ("Europe/Berlin", 12)
        ]


def test_a_reader_neither_blocks_nor_is_blocked(sample: Place, tmp_path: Path):
    """A process holds the published file open, read-only, while a run publishes a new edition."""
    place = sample.copy(tmp_path / "reader")
    count = "select posts from reports.report_activity where source = 'slack' and week_start = date '2026-10-12'"
    code = (
        "import duckdb, sys\n"
        f"c = duckdb.connect({str(place.home.published)!r}, read_only=True)\n"
        f"q = {count!r}\n"
        "print(c.execute(q).fetchone()[0], flush=True)\n"
        "sys.stdin.readline()\n"
        "print(c.execute(q).fetchone()[0], flush=True)\n"
        "c.close()\n"
        f"print(duckdb.connect({str(place.home.published)!r}, read_only=True).execute(q).fetchone()[0], flush=True)\n"
    )
    reader = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdout and reader.stdin
    first = int(reader.stdout.readline())
    slack_message(place, LAST + timedelta(days=1))
    done = place.run()
    assert done.returncode == 0, done.stderr
    out, _ = reader.communicate("\n", timeout=60)
    held, opened_again = map(int, out.split())
    assert (held, opened_again) == (first, first + 1)
