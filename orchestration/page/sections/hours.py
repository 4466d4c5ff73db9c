"""When the community is awake: interactions by weekday and hour."""

from __future__ import annotations

from typing import Any

from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader

TITLE = mark("Best hours")
_BEST = 3


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The week's hours, and the busiest of them."""
    cells = week.rows("report_heatmap", 'iso_weekday, "hour"', week.source)
    highest = max((row.value("interactions") for row in cells), default=0)
    if not highest:
        return None
    first = 7 if look.week_start_day == "sunday" else 1
    days = [(first - 1 + offset) % 7 + 1 for offset in range(7)]
    names = {day: week.language.weekday(day) for day in days}
    points = [
        (str(row.value("hour")), names[row.value("iso_weekday")], float(row.value("interactions")))
        for row in sorted(cells, key=lambda row: (days.index(row.value("iso_weekday")), row.value("hour")))
    ]
    hours = [str(hour) for hour in range(24)]
    busiest = sorted(
        (row for row in cells if row.value("interactions")),
        key=lambda row: (-row.value("interactions"), days.index(row.value("iso_weekday")), row.value("hour")),
    )
    by_day: dict[int, list[Any]] = {day: [] for day in days}
    for row in cells:
        by_day[row.value("iso_weekday")].append(row)
    return {
        "charts": [
            charts.heat(points, highest, week.language, hours[::every], (width, 7 * height), 44)
            for width, every, height in ((charts.WIDE, 3, 22), (charts.NARROW, 6, 18))
        ],
        "busiest": [
            (week.language.weekday(row.value("iso_weekday"), "wide"), row) for row in busiest[:_BEST]
        ],
        "days": [(names[day], rows) for day, rows in by_day.items()],
        "timezone": look.timezone,
    }  # fmt: skip
