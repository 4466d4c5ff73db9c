"""Followers and reach of brand pages."""

from __future__ import annotations

from typing import Any

from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader, known

TITLE = mark("Audience")
_COLUMNS = (
    "followers", "followers_gained", "followers_lost", "reach", "views", "engagements", "posts",
    "engagement_rate_by_reach", "engagement_rate_by_followers", "active_per_follower",
)  # fmt: skip


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """A line a source, with the columns that any of them gives."""
    rows = week.rows("report_audience", "source <> 'all', source")
    whole = next((row for row in rows if row.value("source") == week.source), None)
    sources = [row for row in rows if row is not whole]
    if whole is None or not any(known(rows, column) for column in _COLUMNS):
        return None
    history = week.history("report_audience")
    points = [(charts.week_label(row.week_start), {"accent": row.value("followers")}) for row in history]
    return {
        "whole": whole,
        "sources": sources,
        "columns": [column for column in _COLUMNS if known(sources, column)],
        "history": history,
        "chart": charts.lines(points, ("accent",), week.language) if known(history, "followers") else None,
    }
