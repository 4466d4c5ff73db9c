"""Who stays: the weeks in which people first took part, and how many of them are still active later."""

from __future__ import annotations

from typing import Any

from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import WEEKS_SHOWN, Row, WeekReader

TITLE = mark("Who stays")
# Squares beyond this are the darkest: the first week, which is everybody, would leave all others pale.
_FULL = 0.6


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The triangle of the cohorts that the page looks back on."""
    cells = week.made_rows(
        "report_retention",
        """
        select * from reports.report_retention
        where source = $source and cohort_week >= $first and week_start <= $week order by cohort_week, weeks_since
        """,
        source=week.source,
        first=week.first_shown,
        week=week.week_start,
    )
    cohorts: dict[Any, list[Row]] = {}
    for row in cells:
        cohorts.setdefault(row.value("cohort_week"), []).append(row)
    if len(cohorts) < 2:
        return None
    columns = range(min(WEEKS_SHOWN, max(row.value("weeks_since") for row in cells) + 1))
    return {
        "cohorts": list(cohorts.values()),
        "columns": columns,
        "charts": [_chart(cells, list(columns), week, width) for width in (charts.WIDE, charts.NARROW)],
        "fourth": next((row for row in reversed(cells) if row.value("weeks_since") == 4), None),
    }


def _chart(cells: list[Row], columns: list[int], week: WeekReader, width: int) -> Any:
    height = 15 * len({row.value("cohort_week") for row in cells})
    points = [
        (str(row.value("weeks_since")), charts.week_label(row.cohort_week), row.value("retention"))
        for row in cells
        if row.value("weeks_since") in columns
    ]
    # In the order of the columns, from which the chart takes it.
    points.sort(key=lambda point: int(point[0]))
    shown = [str(column) for column in columns if column % 4 == 0]
    return charts.heat(points, _FULL, week.language, shown, (width, height), 58)
