"""The worked example of docs/metrics.md on first steps, segments, harm, goals and headlines, run as it stands there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestration import warehouse
from orchestration.home import Home
from tests.computed import computed, pulled

DOCS = Path(__file__).resolve().parent.parent / "docs" / "metrics.md"
HEADING = "## Worked example: first steps, segments, harm, goals, headlines\n"
CONFIG = """
[community]
name = "The worked example"

[[sources]]
name = "forum"
format = "table"
path = "exports"

[sources.columns]
member = "who"
at = "at"
type = "what"
id = "id"
content = "id"
parent = "on"

[sources.members]
file = "members.csv"
member = "who"
joined_at = "joined"

[sources.members.attributes]
country = "land"

"""
REPORTS = ("report_onboarding_as_of", "report_segments", "report_safety", "report_goals", "report_headlines")
# A report shows more in these weeks than the example goes into.
KEY = {
    "report_onboarding_as_of": ("week_start", "joined_week"),
    "report_segments": ("week_start",),
    "report_safety": ("week_start",),
    "report_goals": (),
    "report_headlines": ("week_start",),
}


@pytest.fixture(scope="module")
def example() -> SimpleNamespace:
    """The example's files by name, and its tables by report: columns and rows."""
    text = DOCS.read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    files = dict(re.findall(r"```\w+ (\S+)\n(.*?)```", text, re.DOTALL))
    tables = {}
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines())
        report, first = head[0].split(": ")
        assert all(len(row) == len(head) for row in rows), report
        tables[report] = ([first, *head[1:]], [tuple(cell or None for cell in row) for row in rows])
    return SimpleNamespace(files=files, tables=tables)


@pytest.fixture(scope="module")
def home(example: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the example's five weeks are computed."""
    folder = tmp_path_factory.mktemp("example")
    (folder / "exports").mkdir()
    for name in ("members.csv", "log.csv"):
        (folder / "exports" / name).write_text(example.files[name], encoding="utf-8")
    (folder / "stillhere.toml").write_text(CONFIG + example.files["goal"], encoding="utf-8")
    community = pulled(folder / "stillhere.toml")
    computed(community, community.config.calendar.weeks(date(2026, 1, 5), date(2026, 2, 2)), *REPORTS)
    return community.home


@pytest.mark.parametrize("report", REPORTS)
def test_the_worked_example_is_what_comes_out(example: SimpleNamespace, home: Home, report: str):
    columns, rows = example.tables[report]
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        # As the example's text, and read again as the column's type: 1.0 and 1 are the same number.
        kinds = dict(
            connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = $report", {"report": report}
            ).fetchall()
        )
        typed = [
            connection.execute(
                "select " + ", ".join(f"cast(? as {kinds[column]})" for column in columns), list(row)
            ).fetchone()
            for row in rows
        ]
        found = connection.execute(
            f"select {', '.join(columns)} from reports.{report} where source = 'forum'"
        ).fetchall()
    shown = {tuple(row[: len(KEY[report])]) for row in typed}
    assert len(rows) >= 3
    assert sorted(map(repr, typed)) == sorted(repr(row) for row in found if tuple(row[: len(KEY[report])]) in shown)
