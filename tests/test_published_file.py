"""What readers of the published file find."""

from __future__ import annotations

import duckdb

import expectations
from orchestration import warehouse
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
