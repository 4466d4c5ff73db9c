"""What readers of the published file find."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import expectations
from orchestration import publish, warehouse
from tests.communities import (
    FIRST,
    LAST,
    WEEK,
    WEEKS,
    Place,
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


@pytest.mark.parametrize(
    ("file", "version"),
    # Clients from DuckDB 1.0 on can read what is published; the warehouse is nobody else's.
    [("published", "v1.0.0+"), ("warehouse", "v1.5.0+")],
)
def test_the_files_are_stored_for_their_readers(sample: Place, file: str, version: str):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{getattr(sample.home, file)}' as file (read_only)")
        [(tags,)] = connection.execute("select tags from duckdb_databases() where database_name = 'file'").fetchall()
    assert tags["storage_version"] == version, tags


def test_control_tables_say_what_the_run_was_told(sample: Place):
    with warehouse.connect(sample.home.warehouse, read_only=True) as connection:
        assert connection.execute("select timezone, churned_after_weeks from control.settings").fetchall() == [
            ("Europe/Berlin", 12)
        ]


def contents(file: Path) -> dict[str, list[tuple]]:
    """All that a published file says, but for the run and the instant of each edition."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
        found = {
            table: connection.execute(
                f"select * {'exclude (published_at, run_id)' if table == 'report_editions' else ''}"
                f" from reports.{table} order by all"
            ).fetchall()
            for (table,) in tables
        }
        for things in ("tables", "columns", "views"):
            names = "schema_name, table_name" if things != "views" else "schema_name, view_name, sql"
            names += ", column_name, column_index, data_type" if things == "columns" else ""
            found[things] = connection.execute(
                f"select {names}, comment from duckdb_{things}() where not internal order by all"
            ).fetchall()
    return found


def test_a_file_that_is_continued_says_what_one_written_at_once_says(sample: Place, tmp_path: Path):
    """All weeks but the last, then the last into a copy of that file; and no copy where it is not all ours."""
    place = sample.copy(tmp_path / "community")
    expected = contents(sample.home.published)
    weeks = [FIRST + i * WEEK for i in range(WEEKS)]
    place.home.published.unlink()
    assert len(publish.publish(place.home, weeks[:-1], "a test").published) == WEEKS - 1
    assert contents(place.home.published) != expected
    assert publish.publish(place.home, [LAST], "a test").published == [LAST]
    assert contents(place.home.published) == expected
    with duckdb.connect(str(place.home.published)) as connection:
        connection.execute("create table reports.somebodys_own as select 1 as one")
        connection.execute("comment on column reports.report_churn.churned is 'other words'")
        connection.execute("alter table reports.report_safety drop column events")
        connection.execute(f"delete from reports.report_editions where week_start = date '{LAST}'")
    assert publish.publish(place.home, [LAST], "a test").published == [LAST]
    again = contents(place.home.published)
    assert again.keys() == expected.keys()
    # What is no longer there of earlier weeks, nobody can know; all else is as it was.
    assert {name for name in expected if again[name] != expected[name]} <= {"report_safety"}


def test_a_file_of_which_most_is_free_is_written_anew(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "community")
    with duckdb.connect(str(place.home.published)) as connection:
        connection.execute("create table reports.large as select hash(i) as h from range(3000000) as rows (i)")
        connection.execute("checkpoint")
        connection.execute("drop table reports.large")
        connection.execute(f"delete from reports.report_editions where week_start = date '{LAST}'")
    before = place.home.published.stat().st_size
    assert publish.publish(place.home, [LAST], "a test").published == [LAST]
    assert place.home.published.stat().st_size < before / 2
    assert contents(place.home.published) == contents(sample.home.published)
