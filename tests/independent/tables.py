"""Canonical rows of the formats `table` and `orders`, by the data README and the dictionary, from what was written."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from .canonical import MIX, Interaction, Member, MembershipEvent, Observes, Order, Rows


@dataclass(frozen=True)
class Act:
    """One row of a file of acts and membership events."""

    who: str
    at: datetime
    what: str
    id: str | None = None
    container: str | None = None
    content: str | None = None
    parent: str | None = None
    thread: str | None = None
    target: str | None = None
    content_type: str | None = None


@dataclass(frozen=True)
class Listed:
    """One row of a member list."""

    who: str
    joined_at: datetime | None = None
    left_at: datetime | None = None
    is_bot: bool = False
    is_official: bool = False
    attributes: dict[str, str | None] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Bought:
    """One row of a file of orders; `who` is empty where the file does not tell."""

    order_id: str
    who: str
    at: datetime
    amount: Decimal
    currency: str
    status: str


@dataclass
class Source:
    """One source of a community: what its files say."""

    name: str
    observes: Observes
    acts: list[Act] = field(default_factory=list)
    members: list[Listed] = field(default_factory=list)
    orders: list[Bought] = field(default_factory=list)
    is_shop: bool = False


def canonical(sources: list[Source]) -> Rows:
    """The canonical rows of all sources."""
    rows = Rows()
    for source in sources:
        own = _shop(source) if source.is_shop else _table(source)
        rows.members += own.members
        rows.interactions += own.interactions
        rows.events += own.events
        rows.orders += own.orders
    return rows


def _shop(source: Source) -> Rows:
    """'Its members are the accounts seen so far': the buyers, from their first order on, whatever became of it."""
    # "of two versions, the one from the later export holds": here the one further down.
    latest = {order.order_id: order for order in source.orders}
    rows = Rows()
    first: dict[str, datetime] = {}
    for order in latest.values():
        member_id = f"{source.name}:{order.who}" if order.who else None
        rows.orders.append(
            Order(
                f"{source.name}:{order.order_id}",
                source.name,
                member_id,
                order.at,
                order.amount,
                order.currency,
                order.status,
            )
        )
        if order.who:
            first[order.who] = min(first.get(order.who, order.at), order.at)
    rows.members = [Member(source.name, who, at, joined_at_is_inferred=True) for who, at in first.items()]
    return rows


def _table(source: Source) -> Rows:
    rows = Rows()
    seen: dict[str, list[datetime]] = defaultdict(list)
    acted: dict[str, list[datetime]] = defaultdict(list)
    joins: dict[str, list[datetime]] = defaultdict(list)
    leaves: dict[str, list[datetime]] = defaultdict(list)
    # "The same act seen twice counts once": by its id, or where it has none by all that it says.
    latest = {act.id if act.id is not None else replace(act): act for act in source.acts}
    for number, act in enumerate(latest.values()):
        member_id = f"{source.name}:{act.who}"
        if act.what in MIX:
            acted[act.who].append(act.at)
            content = act.content or act.id
            rows.interactions.append(
                Interaction(
                    interaction_id=f"{source.name}:{number:06}",
                    source=source.name,
                    member_id=member_id,
                    occurred_at=act.at,
                    interaction_type=act.what,
                    container_id=act.container,
                    content_id=content,
                    parent_id=act.parent,
                    thread_id=act.thread or act.parent or content,
                    target_member_id=f"{source.name}:{act.target}" if act.target else None,
                    content_type=act.content_type,
                )
            )
        else:
            seen[act.who].append(act.at)
            {"join": joins, "leave": leaves}.get(act.what, defaultdict(list))[act.who].append(act.at)
            rows.events.append(MembershipEvent(source.name, member_id, act.at, act.what))
    first_at = min((act.at for act in source.acts), default=None)
    listed = {member.who: member for member in source.members}
    for who in sorted({*listed, *seen, *acted}):
        member = listed.get(who)
        if member and member.left_at:
            seen[who].append(member.left_at)
            leaves[who].append(member.left_at)
        # Whom the list has joining after they left has come back.
        if member and member.joined_at and leaves[who] and member.joined_at > min(leaves[who]):
            rows.events.append(MembershipEvent(source.name, f"{source.name}:{who}", member.joined_at, "join"))
        # "the export's join instant; where the export has none, the first instant at which the account is seen"; who
        # is seen before the first join was there already, and joining again: as of the weeks before, nothing else is
        # known. Who is listed and never seen joined when the exports begin.
        told = [member.joined_at] if member and member.joined_at else []
        exported = min([*told, *joins[who]], default=None)
        known = [exported] if told else acted[who] + seen[who]
        joined_at = min(known, default=first_at)
        if joined_at is None:
            continue  # a list alone, without a single instant
        rows.members.append(
            Member(
                source.name,
                who,
                joined_at,
                joined_at_is_inferred=exported is None or joined_at < exported,
                left_at=member.left_at if member else None,
                is_bot=bool(member and member.is_bot),
                is_official=bool(member and member.is_official),
                attributes=member.attributes if member else {},
            )
        )
    return rows
