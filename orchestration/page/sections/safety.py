"""Harm and its moderation: reports, blocks, mutes, unfollows, removals and bans, where a source shows them."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader

TITLE = mark("Harm and moderation")
# Who left is told where members are counted.
WORDS = {
    "report": mark("reports"),
    "block": mark("blocks"),
    "mute": mark("mutes"),
    "unfollow": mark("unfollows"),
    "removed": mark("removed by moderators"),
    "banned": mark("banned"),
}


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The week's events by kind, and those of the weeks before."""
    rows = {row.value("event_type"): row for row in week.rows("report_safety", "event_type", week.source)}
    shown = [rows[kind] for kind in WORDS if kind in rows]
    if not shown:
        return None
    by_week: dict[str, dict[str, Any]] = {}
    for row in week.history("report_safety"):
        by_week.setdefault(row.week_start.text, {})[row.value("event_type")] = row
    return {
        "shown": shown,
        "happened": any(row.value("events") for row in shown),
        "weeks": list(by_week.items()),
        "words": WORDS,
    }
