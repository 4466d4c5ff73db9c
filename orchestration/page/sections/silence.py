"""Who has gone silent, how far the flags are to be trusted, and whom to write to first."""

from __future__ import annotations

from typing import Any

from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import Row, WeekReader

TITLE = mark("Silent and at risk")
LISTED = 15
_KINDS = ("quiet", "at_risk", "churned", "never_active")
# Why a member is on the list, in words; what is not here is shown as it stands in the table.
PLAYS = {
    "welcome": mark("welcome"),
    "offer": mark("offer"),
    "poll": mark("ask for an opinion"),
    "education": mark("something to read"),
}


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The silent by how long, what came of earlier flags, and the top of the lists."""
    churn, activity = week.row("report_churn"), week.row("report_activity")
    if churn is None or activity is None or not activity.value("members"):
        return None
    history = week.history("report_churn")
    points = [
        (charts.week_label(row.week_start), {"risk": row.value("at_risk"), "churned": row.value("churned")})
        for row in history
    ]
    return {
        "churn": churn,
        "parts": [(kind, 100 * churn.value(kind) / activity.value("members")) for kind in ("active", *_KINDS)],
        "history": history,
        "chart": charts.lines(points, ("risk", "churned"), week.language),
        "trust": _trust(week),
        "winback": _winback(week),
        "removals": week.count("list_removal", len(week.rows("list_removal", source=week.source)), source=week.source),
        # A week without anybody to win back has no list either; one whose lists are gone has no member's row at all.
        "lists_are_gone": "list_winback" in week.tables and not week.has_rows("member_week_status"),
        "at_risk_after_weeks": look.at_risk_after_weeks,
        "churned_after_weeks": look.churned_after_weeks,
        "plays": PLAYS,
    }


def _trust(week: WeekReader) -> Row | None:
    """What came of the flags that the status rests on; None where nothing was flagged, or nothing is known yet."""
    rules = {str(row.value("rule")): row for row in week.rows("report_churn_backtest", "rule", week.source)}
    if "report_churn_choice" in week.tables:
        for chosen in week.rows("report_churn_choice", "all", week.source):
            if "rule" in chosen and chosen.value("rule") in rules:
                rules = {"union": rules[str(chosen.value("rule"))]}
    row = rules.get("union") or rules.get("silence")
    return row if row is not None and row.value("precision") is not None else None


def _winback(week: WeekReader) -> list[Row]:
    if "list_winback" not in week.tables:
        return []
    names = {column for table, column in week.definitions.comments if table == "list_winback"}
    order = "value_rank" if "value_rank" in names else "all"
    return week.rows("list_winback", f"{order} limit {LISTED}", week.source, "not is_holdout")
