"""Section 10: `report_conversation`.

Readings where the page is silent:
- A thread's author is a community member of W, the week of the row (not of the week of the post).
- A response comes at or after the post, by any other member who is no bot: official accounts and leavers too, but not
  by an account of nobody known. In `all` another member is another person.
- "answered" means within 24 hours (less than 24 h after the post); the median and 90th percentile are over those
  threads, and `unanswered` are all others. (So reads the published week of a real forum: median 126.2 minutes.)
- `answered_by_official_24h`: some official account answered within 24 hours, whether or not it was the first.
- Threads are those of sources that show threads; all their figures are null where no source of the scope does, and so
  are `official_replies` and `broadcast_share` unless a reply was seen.
- `two_way_members`: "someone else" has to be known: numbers without users do not count, nor do acts of nobody known.
  Null where the scope shows neither reactions nor threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from .calendar_weeks import WEEK
from .canonical import Interaction
from .engagement import Engagement
from .people import Body, percentile, rate
from .scope import Scope

WATCHED = timedelta(hours=24)


@dataclass(frozen=True)
class Response:
    """A reply to a thread's post, by whom and how long after it."""

    after: timedelta
    by: Body


class Conversation:
    """The threads of a scope and their responses."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @cached_property
    def replies(self) -> dict[tuple[str, str], list[Interaction]]:
        """Every reply by source and thread."""
        found: dict[tuple[str, str], list[Interaction]] = defaultdict(list)
        for row in self.scope.rows.interactions:
            if self.scope.holds(row.source) and row.interaction_type == "reply" and row.thread_id is not None:
                found[row.source, row.thread_id].append(row)
        return found

    def responses(self, post: Interaction, end: datetime) -> list[Response]:
        """'A response is a reply in the thread by another member who is no bot.'"""
        author = self.scope.body_of[post.member_id]
        found = []
        for reply in self.replies.get((post.source, post.thread_id or post.content_id), []):
            by = self.scope.body_of.get(reply.member_id) if reply.member_id else None
            if by is None or by is author or by.is_bot or not post.occurred_at <= reply.occurred_at < end:
                continue
            found.append(Response(reply.occurred_at - post.occurred_at, by))
        return sorted(found, key=lambda response: response.after)

    def threads(self, week: date) -> Iterator[Interaction]:
        """'posts by community members opened in [start(W) - 24 h, end(W) - 24 h)'"""
        start, end = self.scope.calendar.start(week) - WATCHED, self.scope.calendar.end(week) - WATCHED
        for body in self.scope.members(week):
            # Within 24 hours of a week's begin and end: of that week, or of the one before.
            for row in body.by_week.get(week - WEEK, []) + body.by_week.get(week, []):
                shows_threads = self.scope.community.sources[row.source].threads
                if shows_threads and row.interaction_type == "post" and start <= row.occurred_at < end:
                    yield row


def conversation(scope: Scope, week: date, talk: Conversation, engagement: Engagement) -> dict:
    """The row of report_conversation."""
    official = [row.interaction_type for body in scope.official for row in body.by_week.get(week, [])]
    posts, replies = official.count("post"), official.count("reply")
    shows_threads = scope.observes_threads(week)
    return {
        "source": scope.source,
        "week_start": week,
        "official_posts": posts,
        "official_replies": replies if shows_threads else replies or None,
        "broadcast_share": rate(posts, posts + replies) if shows_threads or replies else None,
        **_thread_figures(scope, week, talk, shows_threads),
        **_two_way(scope, week, engagement),
    }


def _thread_figures(scope: Scope, week: date, talk: Conversation, shows_threads: bool) -> dict:
    threads = list(talk.threads(week))
    by_thread = [talk.responses(post, scope.calendar.end(week)) for post in threads]
    within = [[response for response in responses if response.after < WATCHED] for responses in by_thread]
    answered = [responses for responses in within if responses]
    microseconds = sorted(responses[0].after // timedelta(microseconds=1) for responses in answered)
    minutes = [Fraction(number, 60_000_000) for number in microseconds]
    median, p90 = percentile(minutes, 50), percentile(minutes, 90)
    row = {
        "threads": len(threads),
        "answered_24h": len(answered),
        "answered_24h_rate": rate(len(answered), len(threads)),
        "answered_by_official_24h": sum(any(r.by.is_official for r in responses) for responses in answered),
        "median_first_response_minutes": None if median is None else float(median),
        "p90_first_response_minutes": None if p90 is None else float(p90),
        "unanswered": len(threads) - len(answered),
    }
    return row if shows_threads else dict.fromkeys(row)


def _two_way(scope: Scope, week: date, engagement: Engagement) -> dict:
    """'active members who got at least one reply or reaction from someone else in W'"""
    active = scope.active(week)
    got = {
        received.author.member_id
        for received in engagement.by_week.get(week, [])
        if received.kind in ("reply", "reaction") and received.author is not None and received.giver is not None
    }
    two_way = len(got & active)
    if not scope.observes_reactions(week) and not scope.observes_threads(week):
        return {"two_way_members": None, "two_way_share": None}
    return {"two_way_members": two_way, "two_way_share": rate(two_way, len(active))}
