"""Canonical rows as the metrics dictionary words them, and the community they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

# "interaction_type | participation | expression | audience"
MIX = {
    "post": ("active", "verbal", "group"),
    "reply": ("active", "verbal", "individual"),
    "message": ("active", "verbal", "individual"),
    "reaction": ("active", "non-verbal", "individual"),
    "share": ("active", "non-verbal", "group"),
    "vote": ("active", "non-verbal", "group"),
    "attend": ("active", "non-verbal", "group"),
    "claim": ("active", "non-verbal", "individual"),
    "follow": ("active", "non-verbal", "individual"),
    "view": ("passive", "non-verbal", "group"),
}
ACTIVE_TYPES = frozenset({"post", "reply", "message", "reaction", "share", "vote", "attend", "claim", "follow"})
PASSIVE_TYPES = frozenset({"view"})

# "A cancelled, failed or fully refunded order is no purchase."
NO_PURCHASE_STATUSES = frozenset({"cancelled", "canceled", "failed", "refunded", "voided"})

DEFAULT_THRESHOLDS = {
    "churned_after_weeks": 12,
    "at_risk_after_weeks": 4,
    "newbie_days": 30,
    "growth_days": 90,
    "member_weeks_kept": 26,
    "winback_churned_weeks": 26,
    "reactivated_within_weeks": 4,
    "lift_min_members": 100,
    "removal_silence_weeks": 26,
    "removal_tenure_days": 180,
    "removal_purchase_days": 365,
}


@dataclass(frozen=True)
class Member:
    """One account of one source. Every instant is an aware datetime in UTC."""

    source: str
    native_id: str
    joined_at: datetime
    joined_at_is_inferred: bool = False
    left_at: datetime | None = None
    is_bot: bool = False
    is_official: bool = False
    is_system: bool = False
    name: str | None = None
    # "attribute (country, language, age_band, ... whatever the member list has)"
    attributes: dict[str, str | None] = field(default_factory=dict, compare=False)

    @property
    def member_id(self) -> str:
        """`member_id = '<source>:<native id>'`."""
        return f"{self.source}:{self.native_id}"


@dataclass(frozen=True)
class Interaction:
    """One act of one member; of nobody known where `member_id` is None: content then, and no member."""

    interaction_id: str
    source: str
    member_id: str | None
    occurred_at: datetime
    interaction_type: str
    container_id: str | None = None
    content_id: str | None = None
    parent_id: str | None = None
    thread_id: str | None = None
    target_member_id: str | None = None
    content_type: str | None = None
    time_precision: str = "exact"


@dataclass(frozen=True)
class MembershipEvent:
    """A membership event; only `join` and `leave` (of the whole source, not of a channel) change who is a member."""

    source: str
    member_id: str
    occurred_at: datetime
    kind: str


@dataclass(frozen=True)
class Order:
    """One order; `member_id` is None where nobody knows whose."""

    order_id: str
    source: str
    member_id: str | None
    ordered_at: datetime
    amount: Decimal
    currency: str
    status: str = "paid"

    @property
    def is_purchase(self) -> bool:
        """Whether the order counts."""
        return self.status.lower() not in NO_PURCHASE_STATUSES


@dataclass(frozen=True)
class Statistic:
    """What a content received, counted by the platform without saying from whom: `quantity` of reactions, views, ..."""

    source: str
    content_id: str
    statistic: str
    quantity: int
    occurred_at: datetime


@dataclass(frozen=True)
class SurveyAnswer:
    """One answer to one question; `member_id` is None where the survey was anonymous."""

    source: str
    survey_id: str
    question: str
    kind: str
    value: str
    answered_at: datetime
    member_id: str | None = None


@dataclass(frozen=True)
class Contact:
    """Somebody was contacted, by an outreach log."""

    member_id: str
    contacted_at: datetime


@dataclass(frozen=True)
class Observes:
    """What a source's export can show at all."""

    views: bool = False
    reactions: bool = True
    joins: bool = True
    leaves: bool = True
    threads: bool = True
    members: bool = True
    reaction_counts: bool = False


@dataclass
class Rows:
    """All canonical rows of a community."""

    members: list[Member] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    events: list[MembershipEvent] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    statistics: list[Statistic] = field(default_factory=list)
    answers: list[SurveyAnswer] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)


@dataclass
class Community:
    """The community's settings.

    `identities` maps (source, native id) to a person; `official` and `bots` are lists of member ids that the config
    adds to what the exports mark, `do_not_contact` of those who asked for it. `flags` are the rules that flag a member.
    `scores` are given, not read: p_alive and p_active_4w of a history (source, week, x, t_x, n), as the churn model was
    fitted.
    """

    sources: dict[str, Observes]
    timezone: str = "UTC"
    week_start_day: str = "monday"
    thresholds: dict[str, int] = field(default_factory=dict)
    identities: dict[tuple[str, str], str] = field(default_factory=dict)
    official: frozenset[str] = frozenset()
    bots: frozenset[str] = frozenset()
    active_types: frozenset[str] = ACTIVE_TYPES
    flags: tuple[str, ...] = ("silence", "rhythm", "probability")
    scores: dict[tuple[str, date, int, int, int], tuple[float, float]] = field(default_factory=dict)
    holdout_salt: str = ""
    do_not_contact: frozenset[str] = frozenset()
    has_outreach_log: bool = False

    def threshold(self, name: str) -> int:
        """The number set for this community, or the dictionary's own."""
        return self.thresholds.get(name, DEFAULT_THRESHOLDS[name])
