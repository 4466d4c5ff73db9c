"""What members bought, a line a currency."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader

TITLE = mark("Purchases")


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The week's purchases in each currency."""
    rows = week.rows("report_purchases", "orders desc, currency", week.source)
    return {"rows": rows, "shows_acts": week.shows_acts} if rows else None
