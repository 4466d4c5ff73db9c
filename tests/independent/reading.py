"""The reports of a list of weeks, worked out the slow way from canonical rows.

Every rule is quoted from the metrics dictionary beside the lines that follow it, and each module says at its top how it
reads the dictionary where that is silent. Nothing here is shared with the project's SQL, which is the point: where the
two differ, one of them has misread the dictionary. One thing is given and not worked out again: the scores of the churn
model, whose fit has tests of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from . import lifecycle
from .activity import activity
from .calendar_weeks import WEEK, Calendar
from .canonical import Community, Rows
from .content import content, heatmap, segments
from .conversation import Conversation, conversation
from .engagement import Engagement
from .onboarding import onboarding
from .people import ALL, first_week
from .purchases import purchases, quintiles_of, rfm
from .pyramid import interaction_mix, pyramid
from .scope import Scope
from .voices import safety, surveys
from .winback import Winback

KEYS = {
    "report_activity": ("source", "week_start"),
    "report_lifecycle": ("source", "week_start", "stage"),
    "report_lifecycle_moves": ("source", "week_start", "from_stage", "to_stage"),
    "report_churn": ("source", "week_start"),
    "report_retention": ("source", "cohort_week", "weeks_since"),
    "member_week_status": ("source", "member_id", "week_start"),
    "report_pyramid": ("source", "week_start", "tier"),
    "report_interaction_mix": ("source", "week_start", "participation", "expression", "audience"),
    "report_conversation": ("source", "week_start"),
    "report_content": ("source", "week_start", "content_type"),
    "report_heatmap": ("source", "week_start", "iso_weekday", "hour"),
    "report_segments": ("source", "week_start", "attribute", "value"),
    "report_purchases": ("source", "week_start", "currency"),
    "report_onboarding_as_of": ("source", "joined_week", "week_start"),
    "report_surveys": ("source", "week_start", "survey_id", "question"),
    "report_safety": ("source", "week_start", "event_type"),
    "list_winback": ("source", "member_id", "week_start"),
    "list_removal": ("source", "member_id", "week_start"),
    "report_winback_lift": ("source", "week_start", "lists", "play"),
}
# "tables with a row per member and week [...] keep the last `member_weeks_kept`"
KEPT = frozenset({"member_week_status", "list_winback", "list_removal"})
# Reports whose rows of nothing but zeros may be there or not: which combinations have a row is no matter of the page.
ZERO_ROWS_OPTIONAL = frozenset({"report_interaction_mix", "report_content", "report_purchases", "report_safety"})


def read_reports(
    community: Community, rows: Rows, days: Iterable[date], only: Collection[str] = tuple(KEYS)
) -> dict[str, list[dict]]:
    """All reports (or some only) of the weeks in which the days lie, for each source and for the whole community."""
    calendar = Calendar(community.timezone, community.week_start_day)
    weeks = sorted({calendar.week_of_day(day) for day in days})
    reports: dict[str, list[dict]] = {name: [] for name in KEYS if name in only}
    for source in [*sorted(community.sources), ALL]:
        first = first_week(source, rows, community)
        if first is None:
            continue
        scope = Scope(source, community, rows, first)
        engagement, talk, lists = Engagement(scope), Conversation(scope), Winback(scope)
        for week in weeks:
            if week < first:
                continue
            # "keep the last `member_weeks_kept` (setting, default 26)"
            is_kept = week > weeks[-1] - WEEK * community.threshold("member_weeks_kept")
            for name in reports:
                if name == "report_winback_lift":
                    reports[name] += lists.lift(week, weeks[-1])
                elif name not in KEPT or is_kept:
                    reports[name] += _rows(name, scope, week, engagement, talk, lists)
    return reports


def _rows(
    name: str, scope: Scope, week: date, engagement: Engagement, talk: Conversation, lists: Winback
) -> list[dict]:
    """The rows of one report of one scope and week."""
    match name:
        case "report_activity":
            return [activity(scope, week, engagement)]
        case "report_lifecycle":
            return lifecycle.lifecycle(scope, week)
        case "report_lifecycle_moves":
            return lifecycle.lifecycle_moves(scope, week)
        case "report_churn":
            return [lifecycle.churn(scope, week)]
        case "report_retention":
            return lifecycle.retention(scope, week)
        case "member_week_status":
            quintiles = rfm(scope, week)
            return [row | quintiles_of(row["member_id"], quintiles) for row in lifecycle.member_weeks(scope, week)]
        case "report_pyramid":
            return pyramid(scope, week)
        case "report_interaction_mix":
            return interaction_mix(scope, week)
        case "report_conversation":
            return [conversation(scope, week, talk, engagement)]
        case "report_content":
            return content(scope, week, engagement)
        case "report_heatmap":
            return heatmap(scope, week)
        case "report_segments":
            return segments(scope, week)
        case "report_purchases":
            return purchases(scope, week)
        case "report_onboarding_as_of":
            return onboarding(scope, week, talk, engagement)
        case "report_surveys":
            return surveys(scope, week)
        case "list_winback":
            return lists.winback(week)
        case "list_removal":
            return lists.removal(week)
        case "report_safety":
            return safety(scope, week)
    raise ValueError(f"no such report: {name}")
