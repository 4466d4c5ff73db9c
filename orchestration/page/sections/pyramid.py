"""How participation is spread: tiers, and how much hangs on a few."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader

TITLE = mark("Few and many")
_PLACE = "list_position(['creator', 'contributor', 'lurker', 'absent', 'silent'], tier)"


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The tiers of the week, the concentration, and the mix of interactions."""
    tiers = week.rows("report_pyramid", _PLACE, week.source)
    activity = week.row("report_activity")
    if activity is None or not week.shows_acts or not sum(row.value("members") for row in tiers):
        return None
    mix = week.rows(
        "report_interaction_mix",
        "interactions desc, participation, expression, audience",
        week.source,
        "interactions > 0",
    )
    return {"tiers": tiers, "activity": activity, "mix": mix}
