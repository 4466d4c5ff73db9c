"""Active people against the whole, and how their number came about."""

from __future__ import annotations

from typing import Any

from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader

TITLE = mark("Who took part")


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The week's figures, the growth accounting over the weeks before, and a line a source."""
    activity = week.row("report_activity")
    if activity is None or not activity.value("members"):
        return {"activity": None, "shows_acts": True}
    if not week.shows_acts:
        return {"activity": None, "shows_acts": False}
    history = week.history("report_activity")
    sources = week.rows("report_activity", order="source", where="source <> 'all' and members > 0")
    only_buyers = [row.value("source") for row in sources if row.value("source") not in week.sources_with_acts]
    sources = [row for row in sources if row.value("source") in week.sources_with_acts]
    return {
        "activity": activity,
        "shows_acts": True,
        "parts": _parts(activity),
        "history": history,
        "charts": [charts.growth(_points(history), week.language, width) for width in (charts.WIDE, charts.NARROW)],
        "sources": sources if len(sources) > 1 else [],
        "only_buyers": only_buyers,
        # Where all sources show their readers, the whole does so too.
        "readers_seen_in": [] if activity.value("observes_views") else _readers_seen_in(week),
        "joins_seen": week.observes("observes_joins"),
        # An account that was deactivated tells that somebody left, in exports that do not say so of all who leave.
        "leaves_seen": week.observes("observes_leaves") or any(row.value("left_members") for row in history),
        "without_member_list": _without_member_list(week, [str(row.value("source")) for row in sources]),
    }


def _parts(activity: Any) -> list[tuple[str, float]]:
    """The bar of the whole: name of the part and its width in percent."""
    names = ["active_members"]
    names += ["lurking_members", "absent_members"] if activity.value("observes_views") else ["silent_members"]
    return [(name, 100 * activity.value(name) / activity.value("members")) for name in names]


def _points(history: list[Any]) -> list[tuple[str, dict[str, int]]]:
    return [
        (
            charts.week_label(row.week_start),
            {
                "retained": row.value("retained"), "resurrected": row.value("resurrected"),
                "new": row.value("new_active"), "dormant": row.value("dormant"),
            },
        )
        for row in history
    ]  # fmt: skip


def _readers_seen_in(week: WeekReader) -> list[str]:
    found = week.query("select source from reports.sources where observes_views order by source")
    return [row[0] for row in found]


def _without_member_list(week: WeekReader, names: list[str]) -> list[str]:
    found = week.query("select source from reports.sources where not observes_members order by source")
    return [row[0] for row in found if row[0] in names]
