"""Section 12: `report_purchases`, and the quintiles of recency, frequency and money.

Readings where the page is silent:
- Buyers are community members of W, and orders and revenue are theirs, and of those nobody knows: like the content of
  nobody known these are the source's, and no member's.
- `first_time_buyers` never bought before start(W), in whatever currency; `repeat_buyers` did. Two orders of one week do
  not make a repeat buyer, so that first-time and repeat buyers add up to buyers.
- Quintile 5 is the best: the most recent last purchase, the most orders, the most money. The ranks are cut as evenly as
  can be, the lower quintiles taking what is left over; ties go by member_id, the smaller one ranking lower.
- Money of several currencies cannot be ranked: where the buyers paid in more than one there is no quintile of money.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from .people import rate, total
from .scope import Scope


def purchases(scope: Scope, week: date) -> list[dict]:
    """One row a currency in which somebody bought in the week."""
    start = scope.calendar.start(week)
    bought = {body.member_id: body.purchases_in(week) for body in scope.members(week)}
    bodies = {body.member_id: body for body in scope.members(week)}
    rows = []
    nobodys = [o for o in scope.purchases if o.member_id is None and scope.calendar.week_of(o.ordered_at) == week]
    for currency in sorted({order.currency for orders in (*bought.values(), nobodys) for order in orders}):
        unknown = [o for o in nobodys if o.currency == currency]
        own = {m: [o for o in orders if o.currency == currency] for m, orders in bought.items()}
        buyers = {member_id for member_id, orders in own.items() if orders}
        orders = [order for member_id in buyers for order in own[member_id]] + unknown
        earlier = {m for m in buyers if any(order.ordered_at < start for order in bodies[m].purchases)}
        rows.append(
            {
                "source": scope.source,
                "week_start": week,
                "currency": currency,
                "orders": len(orders),
                "buyers": len(buyers),
                "revenue": total(orders),
                "first_time_buyers": len(buyers - earlier),
                "repeat_buyers": len(earlier),
                "average_order_value": rate(total(orders), len(orders)),
                # "`repeat_rate` (buyers with an earlier purchase / buyers)"
                "repeat_rate": rate(len(earlier), len(buyers)),
                # "`active_buyer_share` (buyers who were also active in W)"
                "active_buyer_share": rate(len(buyers & scope.active(week)), len(buyers)),
                "orders_without_buyer": len(unknown),
                "revenue_without_buyer": total(unknown),
            }
        )
    return rows


def rfm(scope: Scope, week: date) -> dict[str, dict]:
    """'quintiles 1-5 of recency, frequency, money over buyers as of end(W), ties by member_id', by member."""
    bought = {body.member_id: body.purchases_until(week) for body in scope.members(week)}
    bought = {member_id: orders for member_id, orders in bought.items() if orders}
    recency = quintiles(bought, lambda orders: max(order.ordered_at for order in orders))
    frequency = quintiles(bought, len)
    currencies = {order.currency for orders in bought.values() for order in orders}
    money = quintiles(bought, total) if len(currencies) == 1 else {}
    return {
        m: {"recency_quintile": recency[m], "frequency_quintile": frequency[m], "money_quintile": money.get(m)}
        for m in bought
    }


def quintiles(of: dict[str, Any], value: Callable[[Any], Any]) -> dict[str, int]:
    """Ranks cut into five parts, the first ones larger by one where five does not divide the number."""
    ranked = sorted(of, key=lambda member_id: (value(of[member_id]), member_id))
    size, left_over = divmod(len(ranked), 5)
    found, start = {}, 0
    for quintile in range(1, 6):
        stop = start + size + (quintile <= left_over)
        found |= dict.fromkeys(ranked[start:stop], quintile)
        start = stop
    return found


def quintiles_of(member_id: str, by_member: dict[str, dict]) -> dict:
    """A member's three quintiles; none of somebody who is no buyer."""
    return by_member.get(member_id, dict.fromkeys(("recency_quintile", "frequency_quintile", "money_quintile")))
