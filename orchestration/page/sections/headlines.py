"""Was the week good: the figures that moved, as sentences; and the goals."""

from __future__ import annotations

from typing import Any

from orchestration.page.figures import unit_of
from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader
from orchestration.page.sentences import headlines

TITLE = mark("The week in brief")


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The headlines, those that moved first, and the goals that run in the week."""
    found = headlines(week)
    goals = []
    for row in week.rows("report_goals", order="goal"):
        unit = unit_of(str(row.value("metric")).rpartition(".")[2])
        figures = {name: row.figure(name, unit) for name in ("value", "expected_by_now", "target")}
        goals.append(figures | {"row": row, "name": row.value("goal"), "on_track": row.value("on_track")})
    if not found and not goals:
        return None
    return {
        "good": [headline for headline in found if headline.is_good is True],
        "bad": [headline for headline in found if headline.is_good is False],
        "mixed": [headline for headline in found if headline.is_good is None and headline.direction in ("up", "down")],
        "steady": [headline for headline in found if headline.is_good is None and headline.direction == "steady"],
        "alone": [headline for headline in found if not headline.direction],
        "goals": goals,
    }
