"""Section 14: `report_onboarding_as_of`, as of a reporting week, for the joining weeks up to four weeks before it.

Readings where the page is silent:
- Who joined in J are those who joined within J and are neither bots nor official, whatever became of them later, be it
  within J.
- "durations are always taken from the UTC instants": within 7 days is before 7 times 24 hours have passed since
  joining, and "days 8-28" begins there. Cells are null before end(J+1) and end(J+4).
- `median_days_to_active`: days, with their fractions, from joining to the first active interaction, over those who had
  one within 28 days; null with the other cells of 28 days.
- Who was there before they joined, as the member list has it, takes their first steps from joining on.
- A reply is received when the reply is made, by content of one's own, from somebody else who is no bot.
- The first post is the first within the 28 days; answered as in section 10. Who posted nothing is in neither half.
- `viewed_*` is null where views are not observed; `reply_received_*` and the halves by first post where no source of
  the scope shows threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction

from .calendar_weeks import DAY, WEEK
from .canonical import Interaction
from .conversation import WATCHED, Conversation
from .engagement import Engagement
from .people import Body, percentile
from .scope import Scope

MICROSECOND = timedelta(microseconds=1)


def onboarding(scope: Scope, week: date, talk: Conversation, engagement: Engagement) -> list[dict]:
    """The rows of the joining weeks W-4 to W, as of end(W)."""
    joining_weeks = [week - WEEK * back for back in range(5)]
    return [_row(scope, joined, week, talk, engagement) for joined in joining_weeks if joined >= scope.first]


def _row(scope: Scope, joined_week: date, week: date, talk: Conversation, engagement: Engagement) -> dict:
    new = scope.joined_in.get(joined_week, [])
    # "Members with an inferred join are left out and counted (`joined_inferred`)."
    joined = [body for body in new if not body.joined_at_is_inferred]
    as_of = scope.calendar.end(week)
    row = {"source": scope.source, "joined_week": joined_week, "week_start": week, "joined": len(joined)}
    steps: dict[str, Callable[[Body], Iterable[datetime]]] = {
        "viewed": lambda body: [r.occurred_at for r in body.interactions if r.interaction_type == "view"],
        "active": lambda body: [r.occurred_at for r in body.active],
        "reply_received": lambda body: engagement.replies_to.get(body.member_id, []),
        "claimed": lambda body: [r.occurred_at for r in body.interactions if r.interaction_type == "claim"],
        "purchased": lambda body: [o.ordered_at for o in body.purchases],
    }
    hidden = {"viewed": not scope.observes_views(week), "reply_received": not scope.observes_threads(week)}
    for step, instants in steps.items():
        for days in (7, 28):
            passed = week >= joined_week + WEEK * (days // 7)
            count = sum(_within(body, instants(body), days, as_of) for body in joined) if passed else None
            row[f"{step}_{days}d"] = None if hidden.get(step) else count
    row |= _came_back(scope, joined, joined_week + WEEK * 4 <= week, as_of, talk)
    row["joined_inferred"] = len(new) - len(joined)
    return row


def _since(body: Body, instant: datetime) -> timedelta:
    return instant - body.joined_at


def _within(body: Body, instants: Iterable[datetime], days: int, as_of: datetime) -> bool:
    return any(at < as_of and timedelta(0) <= _since(body, at) < DAY * days for at in instants)


def _came_back(scope: Scope, joined: list[Body], passed: bool, as_of: datetime, talk: Conversation) -> dict:
    names = ("first_post_answered", "came_back_answered", "first_post_unanswered", "came_back_unanswered")
    if not passed:
        return dict.fromkeys(("median_days_to_active", "came_back", *names))
    steps = [[_since(b, r.occurred_at) for r in b.active if _within(b, [r.occurred_at], 28, as_of)] for b in joined]
    days = sorted(Fraction(min(since) // MICROSECOND, DAY // MICROSECOND) for since in steps if since)
    median = percentile(days, 50)
    back = {
        b.member_id
        for b in joined
        if any(DAY * 7 <= _since(b, r.occurred_at) < DAY * 28 and r.occurred_at < as_of for r in b.active)
    }
    halves: dict[bool, set[str]] = {True: set(), False: set()}
    for body in joined:
        post = _first_post(body, as_of)
        # Where a source does not show what replies to what, nobody can tell.
        if post is not None and scope.community.sources[post.source].threads:
            responses = talk.responses(post, min(as_of, post.occurred_at + WATCHED))
            halves[bool(responses)].add(body.member_id)
    counts = [n for half in (True, False) for n in (len(halves[half]), len(halves[half] & back))]
    shows = scope.observes_threads(scope.calendar.week_of(as_of - timedelta(microseconds=1)))
    return {
        "median_days_to_active": None if median is None else float(Fraction(median)),
        "came_back": len(back),
        **dict(zip(names, counts if shows else [None] * 4, strict=True)),
    }


def _first_post(body: Body, as_of: datetime) -> Interaction | None:
    posts = [r for r in body.interactions if r.interaction_type == "post" and _within(body, [r.occurred_at], 28, as_of)]
    return posts[0] if posts else None
