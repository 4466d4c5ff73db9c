"""What one row of a report is about: one source, or the whole community, with whom it counts and what it can see."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from functools import cached_property

from .calendar_weeks import Calendar
from .canonical import Community, Rows
from .people import ALL, Body, everyone, first_week


class Scope:
    """One source's reports, or those of the whole community."""

    def __init__(self, source: str, community: Community, rows: Rows, first: date) -> None:
        self.source = source
        self.community = community
        self.rows = rows
        self.first = first
        self.calendar = Calendar(community.timezone, community.week_start_day)
        self.everyone: list[Body] = everyone(source, rows, community)
        # "All member figures count community members only."
        self.bodies: list[Body] = [body for body in self.everyone if body.counts]
        self.official = [body for body in self.everyone if body.is_official and not body.is_bot]
        self.purchases = [o for o in rows.orders if o.is_purchase and source in (ALL, o.source)]
        self.first_weeks = {name: first_week(name, rows, community) for name in community.sources}
        # The weeks in which each body was active as a community member: "compute the four over everyone who was a
        # community member in the week of the activity".
        self.active_weeks = {
            body.member_id: [w for w in body.active_weeks if body.active_in(w)] for body in self.bodies
        }
        # "*new* is by the whole history".
        self.first_active_week = {body.member_id: body.active_weeks[0] for body in self.bodies if body.active_weeks}
        self._members: dict[date, list[Body]] = {}
        self._active: dict[date, set[str]] = {}

    @cached_property
    def events_by_week(self) -> dict[date, set[tuple[str, str, datetime]]]:
        """What happened to accounts, by week: kind, account and instant; a member list's `left_at` is a leave."""
        weeks: dict[date, set[tuple[str, str, datetime]]] = defaultdict(set)
        events = [(e.source, e.kind, e.member_id, e.occurred_at) for e in self.rows.events]
        events += [(m.source, "leave", m.member_id, m.left_at) for m in self.rows.members if m.left_at is not None]
        for source, *event in events:
            if self.holds(source):
                weeks[self.calendar.week_of(event[-1])].add(tuple(event))
        return weeks

    def members(self, week: date) -> list[Body]:
        """The community members of a week; nobody before the source is first seen."""
        if week not in self._members:
            self._members[week] = [body for body in self.bodies if body.is_member(week)]
        return self._members[week]

    def active(self, week: date) -> set[str]:
        """The ids of the active community members of a week."""
        if week not in self._active:
            self._active[week] = {body.member_id for body in self.bodies if body.active_in(week)}
        return self._active[week]

    @cached_property
    def joined_in(self) -> dict[date, list[Body]]:
        """Who joined in which week, bots and official ones left out."""
        weeks: dict[date, list[Body]] = defaultdict(list)
        for body in self.bodies:
            weeks[body.joined_week].append(body)
        return weeks

    @cached_property
    def body_of(self) -> dict[str, Body]:
        """The body that an account belongs to, by the account's id; bots and official ones too."""
        return {account.member_id: body for body in self.everyone for account in body.accounts}

    def holds(self, source: str) -> bool:
        """Whether a source's rows belong to the scope."""
        return self.source in (ALL, source)

    def seen_sources(self, week: date) -> list[str]:
        """The sources of the scope that were seen by end(W)."""
        return [n for n, first in self.first_weeks.items() if self.holds(n) and first is not None and first <= week]

    def observes_views(self, week: date) -> bool:
        """'what cannot be seen is never reported as 0': the whole sees views only if every source seen by then does."""
        return all(self.community.sources[name].views for name in self.seen_sources(week))

    def observes_reactions(self, week: date) -> bool:
        """Whether any of the sources seen by then shows who reacted: of the whole, what is seen of it is a number."""
        return any(self.community.sources[name].reactions for name in self.seen_sources(week))

    def observes_reaction_counts(self, week: date) -> bool:
        """Whether any of the sources shows reactions at least as numbers."""
        return any(self.community.sources[name].reaction_counts for name in self.seen_sources(week))

    def observes_threads(self, week: date) -> bool:
        """Whether any of the sources shows what a reply replies to."""
        return any(self.community.sources[name].threads for name in self.seen_sources(week))
