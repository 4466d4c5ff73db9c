"""What the figures stand on: checks, exports, and what the sources cannot show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expectations import suites
from orchestration import formats
from orchestration.page.messages import mark
from orchestration.page.reading import Row, WeekReader
from orchestration.weeks import WEEK

TITLE = mark("How good the data is")
# What a source may show, as `sources` names it, and in words.
SHOWN = {
    "observes_members": mark("a list of members"),
    "observes_joins": mark("when members joined"),
    "observes_leaves": mark("when members left"),
    "observes_views": mark("who reads"),
    "observes_reactions": mark("who reacts"),
    "observes_threads": mark("what replies to what"),
}
# What sources show whose formats are no conversations, by the name of their models.
ALSO_SHOWN = {
    "orders": mark("who buys"),
    "shopify_orders": mark("who buys"),
    "stripe_payments": mark("who buys"),
    "page_statistics": mark("followers and reach"),
    "surveys": mark("answers to surveys"),
    "outreach": mark("who was contacted"),
}


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The week's checks, and what each source shows."""
    warnings = week.rows("report_quality", "report, check_name", where="not passed")
    # Those that had begun by the end of the week.
    sources = week.made_rows(
        "sources",
        "select * from reports.sources where first_at < $after or first_at is null order by source",
        after=week.week_start + WEEK,
    )
    return {
        "warnings": [(row, suites.promise_of(row.value("report"), row.value("check_name"))) for row in warnings],
        "checks": week.count("report_quality"),
        "passed": week.count("report_quality", passed=True),
        "sources": [_of_source(row) for row in sources],
        "inferred": week.row("report_activity"),
    }


def in_words(family: str | None, observed: Mapping[str, bool]) -> tuple[list[str], list[str]]:
    """What a source shows, and what it cannot show.

    Args:
        family: the name of its format's models.
        observed: what may be shown, as the columns of `sources` name it less `observes_`.
    """
    also = [ALSO_SHOWN[family]] if family in ALSO_SHOWN else []
    shown = [words for name, words in SHOWN.items() if observed[name.removeprefix("observes_")]]
    return also + shown, [words for words in SHOWN.values() if words not in shown]


def _of_source(row: Row) -> dict[str, Any]:
    name = row.value("format")
    family = formats.get(name).model_family if name in formats.names() else None
    observed = {column.removeprefix("observes_"): bool(row.value(column)) for column in SHOWN}
    shown, hidden = in_words(family, observed)
    return {"row": row, "shows": shown, "cannot_show": hidden}
