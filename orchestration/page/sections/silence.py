"""Who has gone silent, how far the flags are to be trusted, and whom to write to first."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from orchestration import lists
from orchestration.page import charts
from orchestration.page.messages import mark
from orchestration.page.reading import Row, WeekReader

TITLE = mark("Silent and at risk")
LISTED = 10
_KINDS = ("quiet", "at_risk", "churned", "never_active")
PLAYS = {
    "welcome": mark("welcome"),
    "offer": mark("offer"),
    "poll": mark("ask for an opinion"),
    "education": mark("something to read"),
}
# The rules of `report_churn_choice`, as the subject of a sentence.
RULES = {
    "silence": mark("plain silence"),
    "rhythm": mark("silence beyond a member's own rhythm"),
    "probability": mark("the chance of coming back"),
    "union": mark("any of the flags"),
    "silence_cut": mark("the length of silence"),
    "probability_cut": mark("the chance of coming back"),
    "model": mark("the learned flag"),
}
_NUMBERS_OF_REASONS = ("silence_weeks", "tenure_days", "orders_total", "active_weeks")


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
    winback = week.rows(
        "list_winback",
        f"coalesce(is_flagged_by_trusted_rule, false) desc, value_rank limit {LISTED}",
        week.source,
        "not is_holdout",
    )
    return {
        "churn": churn,
        "parts": [(kind, 100 * churn.value(kind) / activity.value("members")) for kind in ("active", *_KINDS)],
        "history": history,
        "chart": charts.lines(points, ("risk", "churned"), week.language),
        "trust": _trust(week),
        "choice": week.row("report_churn_choice"),
        "lift": _lift(week),
        "winback": [(row, _why(row, week)) for row in winback],
        "removals": week.count("list_removal", source=week.source),
        # A week without anybody to win back has no list either; one whose lists are gone has no member's row at all.
        "lists_are_gone": "list_winback" in week.tables and not week.has_rows("member_week_status"),
        "at_risk_after_weeks": look.at_risk_after_weeks,
        "churned_after_weeks": look.churned_after_weeks,
        "plays": PLAYS,
        "rules": RULES,
    }


def _trust(week: WeekReader) -> Row | None:
    """What came of the flags of four weeks ago, which the status rests on; None where nobody was flagged."""
    rules = {str(row.value("rule")): row for row in week.rows("report_churn_backtest", "rule", week.source)}
    row = rules.get("union") or rules.get("silence")
    return row if row is not None and row.value("precision") is not None else None


def _lift(week: WeekReader) -> Row | None:
    """Whether writing to people helps, over as many lists as there is a row for."""
    rows = week.rows("report_winback_lift", "lists desc", week.source, "play = 'all'")
    return next((row for row in rows if row.value("contacted") and row.value("holdout") is not None), None)


def _why(row: Row, week: WeekReader) -> Markup:
    """The words of a row's `reason`, as in winback.csv; a reason that has none stands as it is."""
    counts = {name: row.value(name) for name in _NUMBERS_OF_REASONS}
    parts = lists.messages_of(str(row.value("reason")), counts, week.language)
    if parts is None:
        return Markup("{}").format(row.value("reason"))
    numbers = {name: row[name].data for name in _NUMBERS_OF_REASONS if name in row}
    clauses = Markup(week.language.clause_separator).join(Markup(part).format(**numbers) for part in parts)
    return clauses + week.language.full_stop
