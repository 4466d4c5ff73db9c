"""The stages of a member's life, and who moved between them."""

from __future__ import annotations

from typing import Any

from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader

TITLE = mark("Stages and moves")
ORDER = ("mature", "growth", "newbie", "churned")
_PLACE = "list_position(['newbie', 'growth', 'mature', 'churned'], stage)"


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The stages of the week and over the weeks before, and the moves."""
    stages = week.rows("report_lifecycle", order=_PLACE, source=week.source)
    if not sum(row.value("members") for row in stages):
        return None
    weeks = _by_week(week.history("report_lifecycle"))
    points = [
        (charts.week_label(rows[0].week_start), {row.value("stage"): row.value("members") for row in rows})
        for rows in weeks
    ]
    return {
        "stages": stages,
        "by_stage": {row.value("stage"): row for row in stages},
        "moves": week.rows("report_lifecycle_moves", "members desc, from_stage nulls first, to_stage", week.source),
        "chart": charts.stacked(points, ORDER, week.language),
        "order": ORDER,
        "shows_acts": week.shows_acts,
        "weeks": weeks,
    }


def _by_week(history: list[Any]) -> list[list[Any]]:
    """The stages' rows of each week, in the order of the chart."""
    weeks: dict[Any, list[Any]] = {}
    for row in sorted(history, key=lambda row: (row.value("week_start"), ORDER.index(row.value("stage")))):
        weeks.setdefault(row.value("week_start"), []).append(row)
    return list(weeks.values())
