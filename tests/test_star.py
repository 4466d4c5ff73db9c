"""Schema `star` of the published file: facts and dimensions that BI tools join."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest

import expectations
from orchestration import publish, star
from tests.communities import Place

# What the file says of itself to a client: every view opens, and every column is explained.
ASK = """
import duckdb, json, sys
db = duckdb.connect(sys.argv[1], read_only=True)
views = db.execute("select view_name from duckdb_views() where schema_name = 'star' order by 1").fetchall()
print(json.dumps({
    "rows": {v: db.execute(f"select count(*) from star.{v}").fetchone()[0] for (v,) in views},
    "unexplained": db.execute(
        "select count(*) from duckdb_columns() where schema_name in ('star', 'reports') and coalesce(comment, '') = ''"
    ).fetchone()[0],
}))
"""


def test_every_report_is_a_fact_with_the_same_rows(sample: Place):
    for report in publish.FACTS:
        fact = star.fact_of(report)
        columns = [row[0] for row in sample.published(f"select column_name from (describe reports.{report})")]
        chosen = ", ".join(f'"{column}"' for column in columns)
        assert sample.published(
            f"select count(*) from (select {chosen} from star.{fact} except all select {chosen} from reports.{report})"
        ) == [(0,)]
        counts = f"select (select count(*) from star.{fact}) - (select count(*) from reports.{report})"
        assert sample.published(counts) == [(0,)], fact


@pytest.mark.parametrize(
    ("dimension", "key"), [("dim_source", "source"), ("dim_week", "week_start"), ("dim_member", "member_key")]
)
def test_every_row_of_a_fact_finds_its_dimensions_once(sample: Place, dimension: str, key: str):
    assert sample.published(f"select count(*) - count(distinct {key}) from star.{dimension}") == [(0,)]
    facts = sample.published(
        "select table_name from duckdb_columns()"
        f" where schema_name = 'star' and column_name = '{key}' and table_name like 'fact_%'"
    )
    assert facts
    for (fact,) in facts:
        assert sample.published(f"select count(*) from star.{fact} anti join star.{dimension} using ({key})") == [(0,)]


def test_a_member_has_the_name_and_status_of_the_last_week(sample: Place):
    assert sample.published(
        """
        select count(*) from star.dim_member as member join reports.member_week_status as week
            on week.source = member.source and week.member_id = member.member_id and week.week_start = member.last_week
        where week.status = member.status and week.member_name = member.member_name
        """
    ) == sample.published("select count(distinct source || ':' || member_id) from reports.member_week_status")
    assert sample.published(
        "select count(*) from star.dim_member where is_member_now and source = 'all'"
    ) == sample.published(
        "select count(*) from reports.member_week_status where source = 'all'"
        " and week_start = (select max(week_start) from reports.member_week_status) and status <> 'left'"
    )


def test_who_left_is_no_member_now(sample: Place):
    left = "select count(*) from star.dim_member where status = 'left'"
    assert sample.published(left) > [(0,)]
    assert sample.published(left + " and is_member_now") == [(0,)]
    assert sample.published(
        "select count(*) from star.dim_member where is_member_now and source = 'all'"
    ) == sample.published(
        "select members from reports.report_activity where source = 'all' order by week_start desc limit 1"
    )


def test_weeks_are_numbered_as_in_the_calendar(sample: Place):
    assert sample.published(
        "select iso_year, iso_week, week_end, weeks_ago, is_latest from star.dim_week order by week_start limit 1"
    ) == sample.published("select 2026, 3, date '2026-01-18', 39, false")


def test_every_view_and_column_bears_its_words(sample: Place):
    assert sample.published("select view_name from duckdb_views() where schema_name = 'star' and comment is null") == []
    assert (
        sample.published(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name = 'star' and coalesce(comment, '') = ''"
        )
        == []
    )
    for name, dimension in star.dimensions().items():
        columns = [row[0] for row in sample.published(f"select column_name from (describe star.{name})")]
        assert columns == list(dimension["columns"]), name


def test_the_views_work_under_any_name(sample: Place, tmp_path: Path):
    other = tmp_path / "copied under another name.db"
    shutil.copy(sample.home.published, other)
    with duckdb.connect(str(other), read_only=True) as connection:
        assert connection.execute("select count(*) from star.dim_week").fetchone() == (40,)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{other}' as figures (read_only)")
        assert connection.execute("select count(*) from figures.star.fact_activity").fetchone() == (120,)


@pytest.mark.parametrize("version", ["1.0.0", "1.5.6", "2.0.0"])
def test_the_oldest_and_the_newest_duckdb_read_the_file(sample: Place, version: str):
    """In an environment of their own, which uv makes of the package index or of what it has kept."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("no uv to install another DuckDB with")
    done = subprocess.run(
        [uv, "run", "--no-project", "--with", f"duckdb=={version}", "python", "-c", ASK, sample.home.published],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and "Traceback" not in done.stderr:
        pytest.skip(f"duckdb {version} cannot be installed here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["unexplained"] == 0
    assert said["rows"]["dim_week"] == 40
    assert len(said["rows"]) == len(expectations.REPORTS) + len(star.dimensions())
