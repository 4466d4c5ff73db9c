"""The worked example of docs/metrics.md, run: its files as they stand there, its tables as what must come out."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.home import Home
from tests.computed import computed, pulled

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("## Worked example: a week of a forum")[1].split("\n## ")[0]
WEEK = date(2026, 1, 5)
CONFIG = """
[community]
name = "Example"
timezone = "UTC"

[[sources]]
name = "forum"
format = "table"
path = "exports/*.csv"
observes = ["views", "reactions", "joins", "threads"]

[sources.columns]
member = "who"
at = "at"
type = "what"
id = "id"
parent = "on"
content_type = "kind"

[sources.members]
file = "members.csv"
member = "who"
joined_at = "joined"
is_bot = "bot"
is_official = "official"
"""


def tables() -> list[tuple[str, list[dict[str, str]]]]:
    """Each table of the example with the report it is of: the last one named before it."""
    found = []
    report = ""
    for block in EXAMPLE.split("\n\n"):
        if named := re.match(r"`(report_\w+)`", block.strip()):
            report = named[1]
        if block.strip().startswith("|"):
            head, _, *rows = [
                [cell.strip() for cell in line.strip("|").split("|")] for line in block.strip().splitlines()
            ]
            found.append((report, [dict(zip(head, row, strict=True)) for row in rows]))
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The example's forum, its week computed."""
    folder = tmp_path_factory.mktemp("example")
    (folder / "exports").mkdir()
    for name, text in re.findall(r"`(\w+\.csv)`.*?```csv\n(.*?)```", EXAMPLE, flags=re.DOTALL):
        (folder / "exports" / name).write_text(text, encoding="utf-8")
    (folder / "stillhere.toml").write_text(CONFIG, encoding="utf-8")
    community = pulled(folder / "stillhere.toml")
    computed(community, [WEEK], *{report for report, _ in tables()})
    return community.home


def shown(value: object) -> str:
    """A figure as the page writes it."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def test_the_example_has_a_table_for_each_report():
    assert [report for report, _ in tables()] == [
        "report_pyramid", "report_interaction_mix", "report_activity", "report_heatmap", "report_conversation",
        "report_conversation", "report_content",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(tables())))
@pytest.mark.parametrize("source", ["forum", "all"])
def test_the_figures_are_those_of_the_page(home: Home, number: int, source: str):
    report, rows = tables()[number]
    columns = list(rows[0])
    quoted = ", ".join(f'"{column}"' for column in columns)
    condition = "interactions > 0" if report == "report_heatmap" else "true"
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        found = connection.execute(
            f"select {quoted} from reports.{report} where source = ? and week_start = ? and {condition}", [source, WEEK]
        ).fetchall()
    got = [dict(zip(columns, map(shown, row), strict=True)) for row in found]
    assert sorted(got, key=str) == sorted(rows, key=str)
