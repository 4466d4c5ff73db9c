"""Whether members get an answer: from whom, how fast, and how much of it is broadcast."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import Row, WeekReader, known

TITLE = mark("Conversation")


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The community's conversation, and a line for each source that shows one."""
    whole = week.row("report_conversation")
    if whole is None or not week.shows_acts or _says_nothing(whole, week):
        return None
    sources = week.rows("report_conversation", "source", where="source <> 'all' and threads is not null")
    silent = week.query("select source from reports.sources where not observes_threads order by source")
    history = week.history("report_conversation")
    return {
        "whole": whole,
        "sources": sources if len(sources) > 1 else [],
        "cannot_show": [row[0] for row in silent],
        "history": history if known(history, "answered_24h_rate") else [],
    }


def _says_nothing(whole: Row, week: WeekReader) -> bool:
    """Whether there are neither members nor a team that could have talked: pages with followers only."""
    activity = week.row("report_activity")
    has_members = activity is not None and bool(activity.value("members"))
    return not has_members and not whole.value("official_posts")
