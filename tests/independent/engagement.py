"""What content receives: reactions, replies, shares and views, of which sections 4, 10 and 11 speak.

Readings where the page is silent:
- A reply is received by its parent; a reaction, share or view by its parent, else by the content that the act names.
  Where the export names neither it was received all the same, by content that is not known.
- Content is a post, reply or message. Of what is not in the exports the author is the act's target, if it names one.
- "a self-reaction is no engagement received": nor is a self-reply, self-share or self-view; in `all`, of one person.
- Bots neither give nor receive engagement; official accounts, leavers and accounts of nobody known do.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from .canonical import Interaction
from .people import Body
from .scope import Scope

CONTENT_TYPES = frozenset({"post", "reply", "message"})
ENGAGEMENT_TYPES = frozenset({"reaction", "reply", "share", "view"})


@dataclass(frozen=True)
class Received:
    """`quantity` engagements that one content received; `counted` ones are a platform's number, of nobody known."""

    kind: str
    quantity: int
    content_type: str | None
    author: Body | None
    giver: Body | None
    counted: bool


class Engagement:
    """All engagements of a scope by week."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    @cached_property
    def contents(self) -> dict[tuple[str, str], Interaction]:
        """Every content by source and id; should an id come twice, the first."""
        found: dict[tuple[str, str], Interaction] = {}
        for row in sorted(self.scope.rows.interactions, key=lambda row: (row.occurred_at, row.interaction_id)):
            if self.scope.holds(row.source) and row.interaction_type in CONTENT_TYPES and row.content_id is not None:
                found.setdefault((row.source, row.content_id), row)
        return found

    @cached_property
    def posts_by_week(self) -> dict[date, list[Interaction]]:
        """Every post, whoever made it."""
        weeks: dict[date, list[Interaction]] = defaultdict(list)
        for row in self.scope.rows.interactions:
            if self.scope.holds(row.source) and row.interaction_type == "post":
                weeks[self.scope.calendar.week_of(row.occurred_at)].append(row)
        return weeks

    @cached_property
    def replies_to(self) -> dict[str, list[datetime]]:
        """When each body's content got a reply, by the body's id."""
        found: dict[str, list[datetime]] = defaultdict(list)
        for row in self.scope.rows.interactions:
            if not self.scope.holds(row.source) or row.interaction_type != "reply" or row.parent_id is None:
                continue
            received = self._received(row.source, row.parent_id, "reply", 1, row)
            if received and received.author:
                found[received.author.member_id].append(row.occurred_at)
        return found

    @cached_property
    def by_week(self) -> dict[date, list[Received]]:
        """What was received in each week: the week of the engagement, not that of the content."""
        weeks: dict[date, list[Received]] = defaultdict(list)
        for row in self.scope.rows.interactions:
            if not self.scope.holds(row.source) or row.interaction_type not in ENGAGEMENT_TYPES:
                continue
            target = row.parent_id if row.interaction_type == "reply" else row.parent_id or row.content_id
            received = self._received(row.source, target, row.interaction_type, 1, row)
            if received:
                weeks[self.scope.calendar.week_of(row.occurred_at)].append(received)
        for number in self.scope.rows.statistics:
            if self.scope.holds(number.source) and number.statistic in ENGAGEMENT_TYPES:
                received = self._received(number.source, number.content_id, number.statistic, number.quantity, None)
                if received:
                    weeks[self.scope.calendar.week_of(number.occurred_at)].append(received)
        return weeks

    def _received(
        self, source: str, content: str | None, kind: str, quantity: int, act: Interaction | None
    ) -> Received | None:
        made = self.contents.get((source, content)) if content is not None else None
        author_id = made.member_id if made else None
        if author_id is None and act:
            author_id = act.target_member_id
        author = self.scope.body_of.get(author_id) if author_id else None
        giver = self.scope.body_of[act.member_id] if act and act.member_id else None
        if (author and author.is_bot) or (giver and giver.is_bot):
            return None
        if author is not None and author is giver:
            return None
        return Received(kind, quantity, made.content_type if made else None, author, giver, counted=act is None)

    def totals(self, week: date) -> dict[str, int]:
        """How much of each kind was received in a week."""
        sums = dict.fromkeys(ENGAGEMENT_TYPES, 0)
        for received in self.by_week.get(week, []):
            sums[received.kind] += received.quantity
        return sums
