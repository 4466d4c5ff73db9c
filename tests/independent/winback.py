"""Section 13: `list_winback`, `list_removal`, `report_winback_lift`.

Readings where the page is silent:
- Beside those at risk or churned, who never did anything is listed as long as a newbie ("never active, tenure < 30 days
  -> `welcome`"), and later if they were seen reading ("only lurked") and are silent no longer than the others may be.
- Held out is a person, by the week in which the silence began: its block of 12 weeks is hashed along. A silence that
  begins before 12 weeks have passed since the last one's end keeps that one's draw ("stable for 12 weeks").
- The lift of a list counts those whom it added: with one play, once a silence. Over twelve lists each counts once.
- Probability puts somebody on the list, but a member comes onto it, as lift counts, once silence or rhythm says so too.
- Contacted is who was contacted in the week after the list's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import hypot, sqrt

from .calendar_weeks import WEEK, weeks_between
from .lifecycle import member_weeks
from .people import ALL, Body, rate
from .scope import Scope

PLAYS = ("welcome", "offer", "poll", "education")
HOLDOUT_SHARE, HOLDOUT_WEEKS = 0.1, 12


@dataclass(frozen=True)
class Entry:
    """Somebody comes onto the list."""

    body: Body
    week: date
    play: str


class Winback:
    """The lists of one scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.community = scope.community
        self._entries: dict[str, list[Entry]] = {}

    def play(self, body: Body, week: date) -> tuple[str, str] | None:
        """The play that somebody is on the list of a week with, and its rule; None for who is not on it."""
        state = body.state(week)
        if state is None or state.status not in ("at_risk", "churned", "never_active"):
            return None
        is_newbie = state.tenure_days < self.community.threshold("newbie_days")
        # "churned within the last 26 weeks"
        is_recent = state.silence_weeks < sum(
            self.community.threshold(name) for name in ("churned_after_weeks", "winback_churned_weeks")
        )
        if state.status == "never_active":
            if is_newbie:
                return "welcome", "never_active_newbie"
            return ("education", "only_lurked") if is_recent and body.interactions_until(week) else None
        if state.status == "churned" and not is_recent:
            return None
        if body.purchases_until(week):
            return "offer", "bought_before"
        return "poll", "was_creator_or_contributor"

    def person(self, body: Body) -> str:
        """Whom an account belongs to."""
        if self.scope.source == ALL:
            return body.member_id
        (account,) = body.accounts
        return self.community.identities.get((account.source, account.native_id), account.member_id)

    def asked(self, body: Body) -> bool:
        """Whether the person asked not to be contacted, with whichever account."""
        persons = set()
        for member_id in self.community.do_not_contact:
            source, _, native_id = member_id.partition(":")
            persons.add(self.community.identities.get((source, native_id), member_id))
        return self.person(body) in persons

    def is_holdout(self, body: Body, week: date) -> bool:
        """'One in ten (setting) is held out by a hash of (salt, member_id), stable for 12 weeks'"""
        began = self._drawn_for(body, week - WEEK * body.state(week).silence_weeks)
        anchor = date(1990, 1, 1) if self.community.week_start_day == "monday" else date(1989, 12, 31)
        block = (began - anchor).days // 7 // HOLDOUT_WEEKS
        text = f"{self.community.holdout_salt}|{self.person(body)}|{block}"
        return int(hashlib.md5(text.encode()).hexdigest()[:8], 16) / 2**32 < HOLDOUT_SHARE

    def _drawn_for(self, body: Body, began: date) -> date:
        """The beginning of the silence whose draw holds for the one that began then."""
        life = body.life_weeks
        silences = [(first, then) for first, then in pairwise(life) if then > first + WEEK]
        if not life or body.joined_week < life[0]:
            silences.insert(0, (body.joined_week, life[0] if life else date.max))
        drawn = began
        for first, then in reversed([silence for silence in silences if silence[0] < began]):
            if drawn - then >= WEEK * HOLDOUT_WEEKS:
                break
            drawn = first
        return drawn

    # --- the lists of a week ---

    def winback(self, week: date) -> list[dict]:
        """The rows of list_winback."""
        bodies = {body.member_id: body for body in self.scope.bodies}
        rows = []
        for row in member_weeks(self.scope, week):
            body = bodies[row["member_id"]]
            if (found := self.play(body, week)) is None or self.asked(body):
                continue
            names = [
                "active_weeks",
                "revenue_total",
                "orders_total",
                "status",
                "silence_weeks",
                "flagged_by",
                "flagged_since",
            ]
            names += ["last_active_at", "last_seen_at", "tenure_days"]
            rows.append(
                {
                    "source": self.scope.source,
                    "week_start": week,
                    "member_id": body.member_id,
                    "account_id": min((account.joined_at, account.member_id) for account in body.accounts)[1],
                    "play": found[0],
                    "reason": f"{row['status']}: {found[1]}",
                    "is_holdout": self.is_holdout(body, week),
                    **{name: row[name] for name in names},
                }
            )
        # "Value = past active weeks, then revenue."
        rows.sort(
            key=lambda r: (-r["active_weeks"], r["revenue_total"] is None, -(r["revenue_total"] or 0), r["member_id"])
        )
        return [row | {"value_rank": place} for place, row in enumerate(rows, 1)]

    def removal(self, week: date) -> list[dict]:
        """The rows of list_removal."""
        bodies = {body.member_id: body for body in self.scope.bodies}
        rows = [row for row in member_weeks(self.scope, week) if self._is_removable(bodies[row["member_id"]], week)]
        result = []
        for row in rows:
            places = [
                Fraction(sum(_known(other[name]) < _known(row[name]) for other in rows), max(len(rows) - 1, 1))
                for name in ("tenure_days", "active_weeks", "orders_total", "revenue_total")
            ]
            if row["revenue_total"] is None:
                places[3] = places[2]
            names = (
                "tenure_days active_weeks orders_total revenue_total status silence_weeks last_active_at last_seen_at"
            )
            purchases = bodies[row["member_id"]].purchases_until(week)
            result.append(
                {
                    "source": self.scope.source,
                    "week_start": week,
                    "member_id": row["member_id"],
                    "score": float(sum(places) / 4),
                    "last_ordered_at": purchases[-1].ordered_at if purchases else None,
                    **{name: row[name] for name in names.split()},
                }
            )
        return result

    def _is_removable(self, body: Body, week: date) -> bool:
        """'silence >= 26 weeks, tenure >= 180 days, no purchase in 365 days, not seen (`last_seen_at`) for 26 weeks'"""
        state, calendar = body.state(week), self.scope.calendar
        silence = self.community.threshold("removal_silence_weeks")
        if state.status == "left" or state.silence_weeks < silence:
            return False
        if state.tenure_days < self.community.threshold("removal_tenure_days"):
            return False
        seen = body.interactions_until(week)
        if seen and weeks_between(calendar.week_of(seen[-1].occurred_at), week) < silence:
            return False
        year = week + WEEK - timedelta(days=self.community.threshold("removal_purchase_days"))
        return all(calendar.day_of(order.ordered_at) < year for order in body.purchases_until(week))

    # --- what they brought ---

    def entries(self, scope: str, until: date) -> list[Entry]:
        """Who comes onto the list when, with one play or (`all`) with any."""
        if scope not in self._entries:
            found = []
            for body in self.scope.bodies:
                known: set[tuple[date, str]] = set()
                week = self.scope.calendar.week_of(body.joined_at)
                while week <= until:
                    play = None if _is_flagged_by_probability_alone(body, week) else self.play(body, week)
                    if play and (key := (week - WEEK * body.state(week).silence_weeks, play[0])) not in known:
                        known.add(key)
                        if scope in ("all", play[0]):
                            found.append(Entry(body, week, play[0]))
                    week += WEEK
            self._entries[scope] = found
        return self._entries[scope]

    def lift(self, week: date, last_week: date) -> list[dict]:
        """The rows of report_winback_lift."""
        list_week = week - WEEK * self.community.threshold("reactivated_within_weeks")
        if list_week < self.scope.first:
            return []
        rows = []
        for lists in (1, 12):
            for play in ("all", *PLAYS):
                first: dict[str, Entry] = {}
                for entry in self.entries(play, last_week):
                    if list_week - WEEK * lists < entry.week <= list_week:
                        first.setdefault(entry.body.member_id, entry)
                rows.append(
                    {"source": self.scope.source, "week_start": week, "list_week": list_week, "lists": lists}
                    | {"play": play}
                    | self._compared(list(first.values()))
                )
        return rows

    def _compared(self, entries: list[Entry]) -> dict:
        listed = [entry for entry in entries if not self.asked(entry.body)]
        held = [entry for entry in listed if self.is_holdout(entry.body, entry.week)]
        contacted = [e for e in listed if e not in held and (self._contacted(e) or not self.community.has_outreach_log)]
        holdout = [entry for entry in held if not self._contacted(entry)]
        a, m = sum(map(self._came_back, contacted)), len(contacted)
        b, n = sum(map(self._came_back, holdout)), len(holdout)
        low, high = _newcombe(a, m, b, n) if m and n else (None, None)
        verdict = "no_effect_seen"
        if min(m, n) < self.community.threshold("lift_min_members"):
            verdict = "not_enough_members"
        elif low > 0:
            verdict = "effect"
        elif high < 0:
            verdict = "adverse_effect"
        return {
            "listed": len(listed),
            "contacted": m,
            "holdout": n,
            "reactivated_contacted": a,
            "reactivated_holdout": b,
            "rate_contacted": rate(a, m),
            "rate_holdout": rate(b, n),
            "verdict": verdict,
            "holdout_contacted": len(held) - n,
            "do_not_contact": len(entries) - len(listed),
        }

    def _contacted(self, entry: Entry) -> bool:
        accounts = {account.member_id for account in entry.body.accounts}
        return any(
            contact.member_id in accounts and self.scope.calendar.week_of(contact.contacted_at) == entry.week + WEEK
            for contact in self.scope.rows.contacts
        )

    def _came_back(self, entry: Entry) -> bool:
        """'`reactivated` = a sign of life in the 4 weeks after L'"""
        until = entry.week + WEEK * self.community.threshold("reactivated_within_weeks")
        return any(entry.week < week <= until for week in entry.body.life_weeks)


def _is_flagged_by_probability_alone(body: Body, week: date) -> bool:
    state = body.state(week)
    return state is not None and state.status == "at_risk" and state.reasons == ("probability",)


def _known(value) -> float:
    """What is not known comes before everything that is."""
    return -1 if value is None else value


def _newcombe(a: int, m: int, b: int, n: int) -> tuple[float, float]:
    z2 = 1.959963984540054**2

    def ends(k: int, size: int) -> tuple[float, float]:
        root = sqrt(z2 * (z2 + 4 * k * (size - k) / size))
        return (2 * k + z2 - root) / (2 * (size + z2)), (2 * k + z2 + root) / (2 * (size + z2))

    p, q = a / m, b / n
    (l1, u1), (l2, u2) = ends(a, m), ends(b, n)
    return p - q - hypot(p - l1, u2 - q), p - q + hypot(u1 - p, q - l2)
