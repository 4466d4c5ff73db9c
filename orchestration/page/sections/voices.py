"""What members answered when they were asked, a sentence a question."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import Row, WeekReader

TITLE = mark("What members say")
# Questions with a sentence of their own; the table below has them all.
_TOLD = 6
# Of fewer a mean would come close to telling what somebody answered.
_COMPARED_FROM = 5


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The week's answers to each question, those that most answered first."""
    rows = week.rows("report_surveys", "responses desc, survey_id, question", week.source)
    if not rows:
        return None
    has_several = len({row.value("survey_id") for row in rows}) > 1
    return {
        "told": rows[:_TOLD],
        "compared": [row for row in rows if _can_be_compared(row)],
        "labelled": [
            (f"{row.value('survey_id')}: {row.value('question')}" if has_several else row.value("question"), row)
            for row in rows
        ],
    }


def _can_be_compared(row: Row) -> bool:
    """Whether enough of the silent and of the active gave numbers."""
    return row.value("mean") is not None and all(
        (row.value(f"responses_{kind}_before") or 0) >= _COMPARED_FROM for kind in ("silent", "active")
    )
