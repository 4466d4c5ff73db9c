"""Headlines as sentences: `report_headlines.sentence_key` and its row's numbers, in the reader's language.

Used by the page, and by whatever else tells people of a week (mail, webhook): there is one wording.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from orchestration.page.figures import text_of, unit_of

if TYPE_CHECKING:
    from orchestration.languages import Language
    from orchestration.page.reading import Row, WeekReader

# The reports of what members do; of a community that only shows who buys, their figures are 0.
_OF_ACTS = ("report_activity.", "report_conversation.")
# From here on a value counts as unusual against its own year.
UNUSUAL_Z = 3.0


@dataclass(frozen=True)
class Headline:
    """One headline.

    Attributes:
        sentence: with its numbers, each of which opens its definition.
        direction: up, down, steady, or None where there is nothing to compare with.
        is_good: whether the direction is good news; None where it is neither.
        is_unusual: whether the value is far from what the year before knew.
        row: the row of `report_headlines`.
    """

    sentence: Markup
    direction: str | None
    is_good: bool | None
    is_unusual: bool
    row: Row

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return text_of(self.sentence)

    @property
    def mark(self) -> str:
        """The direction as one character."""
        return {"up": "▲", "down": "▼"}.get(self.direction or "", "•")


def lead(week: WeekReader) -> Markup | None:
    """The week in one sentence; None where no source knows members."""
    activity = week.row("report_activity")
    if activity is None or not activity.value("members"):
        return None
    ngettext, count = week.language.ngettext, activity.value("members")
    if week.shows_acts:
        message = ngettext(
            "%(active)s of %(members)s member took part: %(rate)s.",
            "%(active)s of %(members)s members took part: %(rate)s.",
            count,
        )
        columns = {"active": "active_members", "members": "members", "rate": "active_rate"}
        return Markup(message) % {name: activity.figure(column) for name, column in columns.items()}
    churn = week.row("report_churn")
    if churn is None:
        return None
    # Where buying is all that can be seen, it is the only sign of life.
    message = ngettext(
        "%(active)s of %(members)s member bought something.",
        "%(active)s of %(members)s members bought something.",
        count,
    )
    return Markup(message) % {"active": churn.active, "members": activity.members}


def headlines(week: WeekReader, source: str | None = None) -> list[Headline]:
    """A week's headlines, in their order; none of what cannot be seen, where a 0 is no news."""
    activity = week.row("report_activity", source)
    if activity is None or not activity.value("members"):
        return []
    rows = week.rows("report_headlines", order="place", source=source or week.source)
    if not week.shows_acts:
        rows = [row for row in rows if not str(row.value("metric")).startswith(_OF_ACTS)]
    currency = _only_currency(week, source or week.source)
    found = [_headline(row, week.language, currency) for row in rows]
    churn = week.row("report_churn", source)
    return [_told_apart(headline, churn, week.language) for headline in found]


def _told_apart(headline: Headline, churn: Row | None, language: Language) -> Headline:
    """Fewer at risk is no good news where more of them went silent than turned at risk: says so."""
    row = headline.row
    if row.value("metric") != "report_churn.at_risk" or row.value("direction") != "down" or churn is None:
        return headline
    if churn.value("newly_churned") <= churn.value("newly_at_risk"):
        return headline
    message = language.gettext("This week %(risk)s turned at risk, and %(churned)s went silent.")
    flows = Markup(message) % {"risk": churn.newly_at_risk, "churned": churn.newly_churned}
    return replace(headline, sentence=headline.sentence + language.gap + flows, is_good=None)


def _only_currency(week: WeekReader, source: str) -> str | None:
    """The currency of the revenue; there is a headline of it only where there is one currency."""
    currencies = [row.value("currency") for row in week.rows("report_purchases", source=source)]
    return currencies[0] if len(currencies) == 1 else None


def _headline(row: Row, language: Language, currency: str | None) -> Headline:
    metric = str(row.value("metric"))
    unit = unit_of(metric.rpartition(".")[2])
    value, mean = (row.figure(column, unit, currency) for column in ("value", "mean_4w"))
    change = row.change_4w
    key = str(row.value("sentence_key"))
    # A change against nothing has no percentage.
    if not change.is_known and key.startswith(_WITH_CHANGE):
        key = key.rpartition("_")[0] + "_first"
    count = int(abs(value.value)) if float(value.value).is_integer() else 2
    message = sentence_forms(language, count).get(key) or language.gettext("%(metric)s: %(value)s (usual: %(mean)s).")
    sentence = Markup(message) % {"metric": metric, "value": value, "mean": mean, "change": change.size}
    z = row.value("robust_z")
    return Headline(
        sentence,
        row.value("direction"),
        row.value("is_good_news"),
        z is not None and abs(z) >= UNUSUAL_Z,
        row,
    )


_WITH_CHANGE = ("active_members", "interactions", "revenue")


def sentence_forms(language: Language, n: int) -> dict[str, str]:
    """Every sentence, in the form that goes with the count."""
    gettext, ngettext = language.gettext, language.ngettext
    return {
        "active_members_up": ngettext(
            "%(value)s person took part, %(change)s more than usual (%(mean)s).",
            "%(value)s people took part, %(change)s more than usual (%(mean)s).",
            n,
        ),
        "active_members_down": ngettext(
            "%(value)s person took part, %(change)s fewer than usual (%(mean)s).",
            "%(value)s people took part, %(change)s fewer than usual (%(mean)s).",
            n,
        ),
        "active_members_steady": ngettext(
            "%(value)s person took part, about as many as usual (%(mean)s).",
            "%(value)s people took part, about as many as usual (%(mean)s).",
            n,
        ),
        "active_members_first": ngettext("%(value)s person took part.", "%(value)s people took part.", n),
        "new_active_up": ngettext(
            "%(value)s person took part for the first time, more than usual (%(mean)s).",
            "%(value)s people took part for the first time, more than usual (%(mean)s).",
            n,
        ),
        "new_active_down": ngettext(
            "%(value)s person took part for the first time, fewer than usual (%(mean)s).",
            "%(value)s people took part for the first time, fewer than usual (%(mean)s).",
            n,
        ),
        "new_active_steady": ngettext(
            "%(value)s person took part for the first time, about as many as usual (%(mean)s).",
            "%(value)s people took part for the first time, about as many as usual (%(mean)s).",
            n,
        ),
        "new_active_first": ngettext(
            "%(value)s person took part for the first time.", "%(value)s people took part for the first time.", n
        ),
        "at_risk_up": ngettext(
            "%(value)s person is at risk of falling silent, more than usual (%(mean)s).",
            "%(value)s people are at risk of falling silent, more than usual (%(mean)s).",
            n,
        ),
        "at_risk_down": ngettext(
            "%(value)s person is at risk of falling silent, fewer than usual (%(mean)s).",
            "%(value)s people are at risk of falling silent, fewer than usual (%(mean)s).",
            n,
        ),
        "at_risk_steady": ngettext(
            "%(value)s person is at risk of falling silent, about as many as usual (%(mean)s).",
            "%(value)s people are at risk of falling silent, about as many as usual (%(mean)s).",
            n,
        ),
        "at_risk_first": ngettext(
            "%(value)s person is at risk of falling silent.", "%(value)s people are at risk of falling silent.", n
        ),
        "newly_churned_up": ngettext(
            "%(value)s person has been silent for so long that we count them as gone, more than usual (%(mean)s).",
            "%(value)s people have been silent for so long that we count them as gone, more than usual (%(mean)s).",
            n,
        ),
        "newly_churned_down": ngettext(
            "%(value)s person has been silent for so long that we count them as gone, fewer than usual (%(mean)s).",
            "%(value)s people have been silent for so long that we count them as gone, fewer than usual (%(mean)s).",
            n,
        ),
        "newly_churned_steady": ngettext(
            "%(value)s person has been silent for so long that we count them as gone,"
            " about as many as usual (%(mean)s).",
            "%(value)s people have been silent for so long that we count them as gone,"
            " about as many as usual (%(mean)s).",
            n,
        ),
        "newly_churned_first": ngettext(
            "%(value)s person has been silent for so long that we count them as gone.",
            "%(value)s people have been silent for so long that we count them as gone.",
            n,
        ),
        "won_back_up": ngettext(
            "%(value)s person came back after a long silence, more than usual (%(mean)s).",
            "%(value)s people came back after a long silence, more than usual (%(mean)s).",
            n,
        ),
        "won_back_down": ngettext(
            "%(value)s person came back after a long silence, fewer than usual (%(mean)s).",
            "%(value)s people came back after a long silence, fewer than usual (%(mean)s).",
            n,
        ),
        "won_back_steady": ngettext(
            "%(value)s person came back after a long silence, about as many as usual (%(mean)s).",
            "%(value)s people came back after a long silence, about as many as usual (%(mean)s).",
            n,
        ),
        "won_back_first": ngettext(
            "%(value)s person came back after a long silence.", "%(value)s people came back after a long silence.", n
        ),
        "interactions_up": ngettext(
            "Members posted, replied or reacted %(value)s time, %(change)s more than usual (%(mean)s).",
            "Members posted, replied or reacted %(value)s times, %(change)s more than usual (%(mean)s).",
            n,
        ),
        "interactions_down": ngettext(
            "Members posted, replied or reacted %(value)s time, %(change)s less than usual (%(mean)s).",
            "Members posted, replied or reacted %(value)s times, %(change)s less than usual (%(mean)s).",
            n,
        ),
        "interactions_steady": ngettext(
            "Members posted, replied or reacted %(value)s time, about as often as usual (%(mean)s).",
            "Members posted, replied or reacted %(value)s times, about as often as usual (%(mean)s).",
            n,
        ),
        "interactions_first": ngettext(
            "Members posted, replied or reacted %(value)s time.",
            "Members posted, replied or reacted %(value)s times.",
            n,
        ),
        "answered_24h_rate_up": gettext(
            "%(value)s of the threads got an answer within 24 hours, more than usual (%(mean)s)."
        ),
        "answered_24h_rate_down": gettext(
            "%(value)s of the threads got an answer within 24 hours, fewer than usual (%(mean)s)."
        ),
        "answered_24h_rate_steady": gettext(
            "%(value)s of the threads got an answer within 24 hours, about as many as usual (%(mean)s)."
        ),
        "answered_24h_rate_first": gettext("%(value)s of the threads got an answer within 24 hours."),
        "revenue_up": gettext("Sales came to %(value)s, %(change)s more than usual (%(mean)s)."),
        "revenue_down": gettext("Sales came to %(value)s, %(change)s less than usual (%(mean)s)."),
        "revenue_steady": gettext("Sales came to %(value)s, about as much as usual (%(mean)s)."),
        "revenue_first": gettext("Sales came to %(value)s."),
    }
