"""Communities small enough to count on one's fingers, for the tests of the reading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from .canonical import Community, Interaction, Member, MembershipEvent, Observes, Order, Rows
from .reading import read_reports

# Mondays: W(0) is 2024-01-01.
FIRST = date(2024, 1, 1)


def w(number: int) -> date:
    """The Monday `number` weeks after 2024-01-01."""
    return FIRST + timedelta(weeks=number)


def at(text: str) -> datetime:
    """A UTC instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def noon(number: int, weekday: int = 0) -> datetime:
    """Noon UTC of a day of W(number)."""
    return datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(weeks=number, days=weekday)


class Village:
    """Builds canonical rows: `village.post("ann", noon(0))`."""

    def __init__(self, **settings) -> None:
        settings.setdefault("sources", {"forum": Observes()})
        self.community = Community(**settings)
        self.rows = Rows()

    def member(self, name: str, joined_at: datetime, source: str = "forum", **more) -> None:
        self.rows.members.append(Member(source, name, joined_at, **more))

    def act(self, name: str | None, when: datetime, kind: str = "post", source: str = "forum", **more) -> str:
        """Adds an act (of nobody known without a name), and gives its id, which is also that of what it made."""
        number = f"{source}:{len(self.rows.interactions)}"
        member_id = f"{source}:{name}" if name else None
        if kind in ("post", "reply", "message"):
            more = {"content_id": number, "thread_id": more.get("parent_id") or number} | more
        self.rows.interactions.append(Interaction(number, source, member_id, when, kind, **more))
        return number

    def event(self, name: str, when: datetime, kind: str, source: str = "forum") -> None:
        self.rows.events.append(MembershipEvent(source, f"{source}:{name}", when, kind))

    def order(self, name: str, when: datetime, amount: str, currency: str = "EUR", status: str = "paid") -> None:
        number = f"o{len(self.rows.orders)}"
        self.rows.orders.append(Order(number, "forum", f"forum:{name}", when, Decimal(amount), currency, status))

    def reports(self, *weeks: date) -> dict[str, list[dict]]:
        return read_reports(self.community, self.rows, weeks)

    def one(self, report: str, week: date, source: str = "forum", **where) -> dict:
        """The one row of a report that fits."""
        wanted = {"source": source, "week_start": week, **where}
        found = [row for row in self.reports(week)[report] if all(row[name] == wanted[name] for name in wanted)]
        assert len(found) == 1, found
        return found[0]

    def moves(self, week: date) -> dict[tuple, int]:
        rows = self.reports(week)["report_lifecycle_moves"]
        return {(r["from_stage"], r["to_stage"]): r["members"] for r in rows if r["source"] == "forum"}


def pick(row: dict, names: str) -> list:
    """Some columns of a row."""
    return [row[name] for name in names.split()]
