"""Section 11: `report_content`, `report_heatmap`, `report_segments`.

Readings where the page is silent:
- `posts` counts posts only; engagement is what any content of the type (post, reply, message) received.
- Content without a type, and content that is in no export, has the type null.
- `replies`, `reactions` and `views` are null where no source of the scope shows them (reactions also as numbers) and
  none was seen; `engagement_per_post` = (reactions + replies + shares) / posts, of what is seen, and null where neither
  reactions nor replies can be seen and nothing was.
- The heatmap is of active interactions of community members of W, at the local hour; an instant that is known to the
  day only counts at hour 0. Of an hour that comes twice when clocks go back both count.
- Segments: every attribute that the source's member list has; who has no value is of the value null. A person's value
  is that of the account that joined first of those that have one (then by its id). Attributes are as of now: they bear
  no instant.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from .engagement import Engagement
from .people import Body, rate
from .scope import Scope


def content(scope: Scope, week: date, engagement: Engagement) -> list[dict]:
    """One row a content type that was posted, or received anything, in the week."""
    posts: Counter[str | None] = Counter()
    for row in engagement.posts_by_week.get(week, []):
        # "made in W by anyone not a bot"
        if row.member_id is None or not scope.body_of[row.member_id].is_bot:
            posts[row.content_type] += 1
    received: dict[str | None, Counter[str]] = {kind: Counter() for kind in posts}
    for one in engagement.by_week.get(week, []):
        received.setdefault(one.content_type, Counter())[one.kind] += one.quantity
    shows_reactions = scope.observes_reactions(week) or scope.observes_reaction_counts(week)
    return [
        {
            "source": scope.source,
            "week_start": week,
            "content_type": content_type,
            "posts": posts[content_type],
            "reactions": got["reaction"] if shows_reactions else got["reaction"] or None,
            "replies": got["reply"] if scope.observes_threads(week) else got["reply"] or None,
            "shares": got["share"],
            "views": got["view"] if scope.observes_views(week) else got["view"] or None,
            "engagement_per_post": _per_post(got, posts[content_type], shows_reactions or scope.observes_threads(week)),
        }
        for content_type, got in received.items()
    ]


def _per_post(got: Counter[str], posts: int, can_see: bool) -> float | None:
    received = got["reaction"] + got["reply"] + got["share"]
    return rate(received, posts) if can_see or received else None


def heatmap(scope: Scope, week: date) -> list[dict]:
    """'source, week_start, iso_weekday 1-7, hour 0-23, interactions, active_members; all 168 cells exist'"""
    acts: Counter[tuple[int, int]] = Counter()
    who: dict[tuple[int, int], set[str]] = {}
    for body in scope.members(week):
        for act in body.by_week.get(week, []):
            if act.interaction_type in scope.community.active_types:
                local = act.occurred_at.astimezone(scope.calendar.zone)
                cell = local.isoweekday(), local.hour
                acts[cell] += 1
                who.setdefault(cell, set()).add(body.member_id)
    return [
        {
            "source": scope.source,
            "week_start": week,
            "iso_weekday": weekday,
            "hour": hour,
            "interactions": acts[weekday, hour],
            "active_members": len(who.get((weekday, hour), ())),
        }
        for weekday in range(1, 8)
        for hour in range(24)
    ]


def segments(scope: Scope, week: date) -> list[dict]:
    """'source, week_start, attribute, value (null = unknown), members, active_members, active_rate'"""
    accounts = [account for body in scope.everyone for account in body.accounts]
    attributes = sorted({name for account in accounts for name in account.attributes})
    members, active = scope.members(week), scope.active(week)
    rows = []
    for attribute in attributes:
        values = {body.member_id: value_of(body, attribute) for body in members}
        for value in sorted(set(values.values()), key=str):
            of_value = [member_id for member_id, own in values.items() if own == value]
            rows.append(
                {
                    "source": scope.source,
                    "week_start": week,
                    "attribute": attribute,
                    "value": value,
                    "members": len(of_value),
                    "active_members": len(active & set(of_value)),
                    "active_rate": rate(len(active & set(of_value)), len(of_value)),
                }
            )
    return rows


def value_of(body: Body, attribute: str) -> str | None:
    """A body's value of an attribute."""
    known = [a for a in body.accounts if a.attributes.get(attribute) is not None]
    return min(known, key=lambda a: (a.joined_at, a.member_id)).attributes[attribute] if known else None
