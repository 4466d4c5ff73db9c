"""First steps: what became of those who joined, and whether an answered first post brings people back."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import Row, WeekReader, known
from orchestration.weeks import WEEK

TITLE = mark("First steps")
# A week of joining is final in the report of the fourth week after it.
_FINAL_AFTER = 4
_FIRST_POSTS = ("first_post_answered", "came_back_answered", "first_post_unanswered", "came_back_unanswered")


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The joiners of four weeks ago, those of last week, and the weeks of joining that are final by now."""
    if not week.shows_acts:
        return None
    rows = week.made_rows(
        "report_onboarding_as_of",
        """
        select * from reports.report_onboarding_as_of
        where source = $source and week_start >= $first and week_start <= $week order by week_start, joined_week
        """,
        source=week.source,
        first=week.first_shown,
        week=week.week_start,
    )
    final = [row for row in rows if _weeks_since(row) == _FINAL_AFTER]
    if not any(row.value("joined") for row in rows):
        # Joinings that are guesses alone say that nobody can tell; none at all, that there is nothing to say.
        return {"cannot_show": True} if any(row.value("joined_inferred") for row in rows) else None
    newest = [row for row in rows if row.value("week_start") == week.week_start]
    return {
        "cannot_show": False,
        "final": next((row for row in newest if _weeks_since(row) == _FINAL_AFTER), None),
        "last_week": next((row for row in newest if _weeks_since(row) == 1), None),
        "views_seen": known(final, "viewed_28d"),
        "first_posts": _first_posts(week),
        "history": [row for row in final if row.value("joined")],
    }


def _weeks_since(row: Row) -> int:
    return (row.value("week_start") - row.value("joined_week")) // WEEK


def _first_posts(week: WeekReader) -> Row | None:
    """Those who came back by whether their first post was answered, over the weeks shown; None unless there are both.

    The columns are null but in a week of joining's final row, so that each counts once.
    """
    summed = week.sums("report_onboarding_as_of", _FIRST_POSTS)
    return summed if summed["sum(first_post_answered)"].value and summed["sum(first_post_unanswered)"].value else None
