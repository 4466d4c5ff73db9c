"""Who is counted: accounts of one source, or persons over all sources, and what is known of each at a week's end."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from .calendar_weeks import WEEK, Calendar, weeks_between
from .canonical import Community, Interaction, Member, Order, Rows

ALL = "all"


class State(NamedTuple):
    """What holds of one account or person at the end of one week."""

    is_member: bool
    left_at: datetime | None
    silence_weeks: int
    status: str
    lifecycle_stage: str | None
    tenure_days: int
    acted: bool
    reasons: tuple[str, ...]


class Body:
    """Whatever one row of a report counts once: an account (one source) or a person (all sources)."""

    def __init__(
        self, member_id: str, accounts: list[Member], rows_of: dict[str, OwnRows], community: Community, source: str
    ) -> None:
        self.source = source
        self.member_id = member_id
        self.accounts = accounts
        self.community = community
        self.calendar = Calendar(community.timezone, community.week_start_day)
        own = [rows_of[account.member_id] for account in accounts]
        self.interactions: list[Interaction] = sorted(
            (row for rows in own for row in rows.interactions), key=lambda row: row.occurred_at
        )
        self.purchases: list[Order] = sorted(
            (row for rows in own for row in rows.orders if row.is_purchase), key=lambda row: row.ordered_at
        )
        # At one and the same instant the leave comes first, so that the rejoining clears it.
        self.moves = {
            account.member_id: sorted((at, kind == "join") for at, kind in rows_of[account.member_id].moves)
            for account in accounts
        }
        self.active = [row for row in self.interactions if row.interaction_type in community.active_types]
        self.active_weeks = sorted({self.calendar.week_of(row.occurred_at) for row in self.active})
        self.active_days = sorted({self.calendar.day_of(row.occurred_at) for row in self.active})
        self.days_active_in: dict[date, int] = Counter(map(self.calendar.week_of_day, self.active_days))
        # "the last *sign of life* (active interaction or purchase)": "A view is no sign of life."
        self.life_weeks = sorted(
            set(self.active_weeks) | {self.calendar.week_of(row.ordered_at) for row in self.purchases}
        )
        self.by_week: dict[date, list[Interaction]] = defaultdict(list)
        for row in self.interactions:
            self.by_week[self.calendar.week_of(row.occurred_at)].append(row)
        self.purchases_by_week: dict[date, list[Order]] = defaultdict(list)
        for order in self.purchases:
            self.purchases_by_week[self.calendar.week_of(order.ordered_at)].append(order)
        self._gaps: dict[int, list[int]] = {}
        self._p90_gaps: dict[int, Fraction | None] = {}
        self.flagged_for_good_since: dict[date, date] = {}
        self._states: dict[date, State | None] = {}

    @cached_property
    def joined_at(self) -> datetime:
        """'Rows with source = all count a person once (joined at the earliest [...]).'"""
        return min(account.joined_at for account in self.accounts)

    @cached_property
    def joined_week(self) -> date:
        """The week of joining."""
        return self.calendar.week_of(self.joined_at)

    @cached_property
    def joined_at_is_inferred(self) -> bool:
        """A guess only where the account that joined first has nothing better."""
        return all(a.joined_at_is_inferred for a in self.accounts if a.joined_at == self.joined_at)

    @cached_property
    def is_bot(self) -> bool:
        """A bot or a system account; a person is one if any account is."""
        return any(a.is_bot or a.is_system or a.member_id in self.community.bots for a in self.accounts)

    @cached_property
    def is_official(self) -> bool:
        """'staff, brand or owner account; set by the export, or by a list in the config'"""
        return any(a.is_official or a.member_id in self.community.official for a in self.accounts)

    @property
    def counts(self) -> bool:
        """'not a bot, not official, not a system account'; a person is one if any account is."""
        return not self.is_bot and not self.is_official

    def moves_until(self, account: Member, end: datetime) -> list[tuple[datetime, bool]]:
        """When an account joined (true) or left, before an instant."""
        return [move for move in self.moves[account.member_id] if move[0] < end]

    def account_left_at(self, account: Member, end: datetime) -> datetime | None:
        """'`left_at`: leave / deactivation instant or null; rejoining clears it', as of an instant."""
        moves = self.moves_until(account, end)
        return moves[-1][0] if moves and not moves[-1][1] else None

    def left_at(self, end: datetime) -> datetime | None:
        """When the body left as of an instant: a person has left once the last of the accounts has."""
        if not any(self.moves.values()):
            return None
        left = [self.account_left_at(account, end) for account in self.accounts if account.joined_at < end]
        return None if not left or None in left else max(left)

    def state(self, week: date) -> State | None:
        """What holds at end(week); None for someone who had not joined by then."""
        if week not in self._states:
            self._states[week] = self._state(week)
        return self._states[week]

    def _state(self, week: date) -> State | None:
        end = self.calendar.end(week)
        if not self.joined_at < end:
            return None
        left_at = self.left_at(end)
        # "A community member of week W: [...] `joined_at < end(W)`, and not (`left_at < end(W)`)."
        is_member = left_at is None
        last_life = last_of(self.life_weeks, week)
        # "whole reporting weeks since the week of the last sign of life [...]: 0 if there is one in W. With none ever,
        # counted from the week of joining."
        silence = weeks_between(last_life or self.joined_week, week)
        # "Tenure = local days from joined_at to end(W)."
        tenure = ((week + WEEK) - self.calendar.day_of(self.joined_at)).days
        reasons = self._reasons(week, silence)
        return State(
            is_member=is_member,
            left_at=left_at,
            silence_weeks=silence,
            status=self._status(is_member, last_life, silence, reasons),
            lifecycle_stage=self._stage(silence, tenure) if is_member else None,
            tenure_days=tenure,
            acted=week in self.days_active_in,
            reasons=reasons,
        )

    def active_weeks_until(self, week: date) -> int:
        """How many active weeks there were by end(W). Gaps, a history and the like change with their number alone."""
        return bisect_right(self.active_weeks, week)

    def gaps(self, week: date) -> list[int]:
        """The weeks from one active week of the member's to the next, as of end(W), sorted."""
        known = self.active_weeks_until(week)
        if known not in self._gaps:
            self._gaps[known] = sorted(weeks_between(*pair) for pair in pairwise(self.active_weeks[:known]))
        return self._gaps[known]

    def p90_gap(self, week: date) -> Fraction | None:
        """'the member's own 90th percentile gap between active weeks (linear interpolation, at least 3 gaps)'"""
        known = self.active_weeks_until(week)
        if known not in self._p90_gaps:
            gaps = self.gaps(week)
            self._p90_gaps[known] = percentile(gaps, 90) if len(gaps) >= 3 else None
        return self._p90_gaps[known]

    def _reasons(self, week: date, silence: int) -> tuple[str, ...]:
        """Which of the community's rules hold of the member: 'silence', 'rhythm', 'probability'."""
        p90_gap = self.p90_gap(week)
        holds = {
            "silence": silence >= self.community.threshold("at_risk_after_weeks"),
            # "at least 4 active weeks ever and silence > 2 x the member's own 90th percentile gap"
            "rhythm": len(self.gaps(week)) >= 3 and p90_gap is not None and silence > 2 * p90_gap,
            "probability": (scores := self.scores(week)) is not None and scores[1] < 0.10,
        }
        return tuple(rule for rule in holds if rule in self.community.flags and holds[rule])

    def scores(self, week: date) -> tuple[float, float] | None:
        """p_alive and p_active_4w: 'on the counts of (x, t_x, n) as of end(W)', 'since the week after the first'."""
        known, weeks = self.active_weeks_until(week), self.active_weeks
        if not known:
            return None
        history = (known - 1, weeks_between(weeks[0], weeks[known - 1]), weeks_between(weeks[0], week))
        return self.community.scores.get((self.source, week, *history))

    def _status(self, is_member: bool, last_life: date | None, silence: int, reasons: tuple[str, ...]) -> str:
        """'Status of a member at end(W), first that fits' (of the at-risk rules the community's `flags`)."""
        if not is_member:
            return "left"
        if last_life is None:
            return "never_active"
        if silence == 0:
            return "active"
        if silence >= self.community.threshold("churned_after_weeks"):
            return "churned"
        return "at_risk" if reasons else "quiet"

    def _stage(self, silence: int, tenure: int) -> str:
        """'`churned` silence >= [...]; `newbie` tenure < 30 days; `growth` < 90 days; `mature` otherwise.'"""
        if silence >= self.community.threshold("churned_after_weeks"):
            return "churned"
        if tenure < self.community.threshold("newbie_days"):
            return "newbie"
        return "growth" if tenure < self.community.threshold("growth_days") else "mature"

    def is_member(self, week: date) -> bool:
        """Whether the body is a community member of the week."""
        state = self.state(week)
        return state is not None and state.is_member

    def active_in(self, week: date) -> bool:
        """'community members with at least one active interaction in W'"""
        state = self.state(week)
        return state is not None and state.is_member and state.acted

    def interactions_until(self, week: date) -> list[Interaction]:
        """'computed only from rows with `occurred_at < end(W)`'"""
        end = self.calendar.end(week)
        return [row for row in self.interactions if row.occurred_at < end]

    def purchases_until(self, week: date) -> list[Order]:
        """'computed only from rows with `occurred_at < end(W)`'"""
        end = self.calendar.end(week)
        return [row for row in self.purchases if row.ordered_at < end]

    def purchases_in(self, week: date) -> list[Order]:
        """The purchases of one week."""
        return self.purchases_by_week.get(week, [])


class OwnRows:
    """The rows of one account."""

    def __init__(self) -> None:
        self.interactions: list[Interaction] = []
        self.orders: list[Order] = []
        self.moves: list[tuple[datetime, str]] = []


def rows_by_account(rows: Rows) -> dict[str, OwnRows]:
    """Sort all rows by account; a member list's `left_at` is one more leave."""
    own: dict[str, OwnRows] = defaultdict(OwnRows)
    for interaction in rows.interactions:
        if interaction.member_id is None:
            continue  # an act of nobody known is content, and no member's
        own[interaction.member_id].interactions.append(interaction)
    for order in rows.orders:
        if order.member_id is None:
            continue
        own[order.member_id].orders.append(order)
    for event in rows.events:
        if event.kind in ("join", "leave"):
            own[event.member_id].moves.append((event.occurred_at, event.kind))
    for member in rows.members:
        if member.left_at is not None:
            own[member.member_id].moves.append((member.left_at, "leave"))
    return own


def everyone(source: str, rows: Rows, community: Community) -> list[Body]:
    """The accounts of a source, or the persons of the community, bots and official ones too."""
    own = rows_by_account(rows)
    accounts: dict[str, list[Member]] = defaultdict(list)
    for member in rows.members:
        if source == ALL:
            # "With no identities file every account is its own person."
            person = community.identities.get((member.source, member.native_id), member.member_id)
            accounts[person].append(member)
        elif member.source == source:
            accounts[member.member_id].append(member)
    return [Body(member_id, members, own, community, source) for member_id, members in sorted(accounts.items())]


def first_week(source: str, rows: Rows, community: Community) -> date | None:
    """A source has rows from the week on in which it is first seen: by a member, whoever it is, or by any other row.

    None has any before something happened somewhere: "what cannot be seen is never reported as 0", and a member list's
    joinings say nothing of what was done then.
    """
    calendar = Calendar(community.timezone, community.week_start_day)
    happened = [
        *((row.source, row.left_at) for row in rows.members if row.left_at),
        *((row.source, row.occurred_at) for row in rows.interactions),
        *((row.source, row.occurred_at) for row in rows.events),
        *((row.source, row.ordered_at) for row in rows.orders),
    ]
    seen = [*happened, *((row.source, row.joined_at) for row in rows.members)]
    instants = [at for name, at in seen if source in (ALL, name)]
    if not instants:
        return None
    return calendar.week_of(max(min(instants), min((at for _, at in happened), default=min(instants))))


def one_currency(orders: Iterable[Order]) -> bool:
    """'Amounts are DECIMAL, never summed over currencies.'"""
    return len({order.currency for order in orders}) <= 1


def total(orders: Iterable[Order]) -> Decimal:
    """The sum of amounts, exact."""
    return sum((order.amount for order in orders), Decimal(0))


def last_of(days: list[date], day: date) -> date | None:
    """The last of the sorted days (or weeks) up to and with `day`."""
    index = bisect_right(days, day)
    return days[index - 1] if index else None


def percentile(ordered: Sequence[int | Fraction], percent: int) -> Fraction | None:
    """The percentile of sorted numbers by linear interpolation between neighbours; None of no numbers."""
    if not ordered:
        return None
    place = Fraction(percent, 100) * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def rate(part: float | Fraction, whole: float | Fraction) -> float | None:
    """'Every rate with an empty denominator is NULL.'"""
    return float(Fraction(part) / Fraction(whole)) if whole else None
