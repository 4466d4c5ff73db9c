"""The shop beside the shed: who buys, what, when, and who of them is known in Slack."""

import csv
import io
from dataclasses import dataclass

from orchestration.sample_community import clock
from orchestration.sample_community.clock import BERLIN, WEEKS
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.people import LAUNCH_WEEK, WIN_BACK_WEEK, Person

# What the shop sells, in cents, and how often it goes over the counter.
_PRICES = ((4900, 8), (8900, 6), (1250, 10), (2400, 9), (390, 7), (14900, 2), (3250, 5), (6900, 4))
_SHIPPING = 590
# How many of each kind of member also buy.
_BUYERS = (
    ("regular", 15),
    ("helper", 4),
    ("occasional", 13),
    ("fader", 10),
    ("returner", 6),
    ("onetimer", 5),
    ("lurker", 6),
    ("new_account", 1),
)
_STRANGERS = 20
# A school and a sailing club among the strangers order every other week, in turn: there is no week without an order.
_STANDING = 2
_BUSY = {LAUNCH_WEEK: 6.0, LAUNCH_WEEK + 1: 2.5, WIN_BACK_WEEK: 2.5, WIN_BACK_WEEK + 1: 1.6}


@dataclass(frozen=True)
class Customer:
    """A customer number, the account behind it where one is known, and the weeks in which orders may fall."""

    id: str
    person: Person | None
    weeks: tuple[int, ...]


def customers(people: list[Person]) -> list[Customer]:
    """Everybody who ever buys."""
    dice = Dice("customers")
    known: list[Person] = []
    for kind, count in _BUYERS:
        known += dice.some([person for person in people if person.kind == kind], count)
    order: list[Person | None] = dice.some([*known, *[None] * _STRANGERS], len(known) + _STRANGERS)
    found = []
    loyal = 2
    for number, person in enumerate(order):
        weeks = tuple(range(dice.between(1, 26), WEEKS + 1))
        if person is not None:
            weeks = tuple(range(clock.week_of(person.joined), WEEKS + 1))
        if person is not None and person.kind in ("fader", "returner") and person.weeks:
            # A purchase is a sign of life: those who fall silent stop buying too, but for two who only stopped talking.
            if person.kind == "fader" and loyal:
                loyal -= 1
            else:
                weeks = person.weeks
        found.append(Customer(f"C{1001 + number}", person, weeks))
    return found


def _amount(dice: Dice) -> str:
    goods = sum(dice.weighted(*zip(*_PRICES, strict=True)) for _ in range(dice.weighted((1, 2, 3), (6, 3, 1))))
    cents = goods if goods >= 10000 else goods + _SHIPPING
    return f"{cents // 100}.{cents % 100:02d}"


def _moment(dice: Dice, week: int, customer: Customer) -> int:
    start = clock.week_start(week)
    hour = dice.weighted(range(7, 24), (1, 2, 3, 4, 4, 5, 5, 4, 4, 4, 5, 6, 8, 9, 9, 7, 3))
    at = start + dice.below(7) * clock.DAY + hour * clock.HOUR + dice.below(clock.HOUR)
    # The clocks go back or forward inside some week: whatever that does to the sum, the order stays in it.
    at = min(at, clock.week_start(week + 1) - clock.MINUTE)
    return max(at, customer.person.joined + clock.HOUR) if customer.person else at


def orders(buyers: list[Customer]) -> list[tuple[str, str, str, str, str, str]]:
    """Rows of the shop's export, oldest first."""
    placed: list[tuple[int, str, str, str]] = []
    strangers = [customer for customer in buyers if customer.person is None]
    standing = strangers[:_STANDING]
    for week in range(1, WEEKS + 1):
        customer = standing[week % _STANDING]
        dice = Dice("standing order", week)
        placed.append((_moment(dice, week, customer), customer.id, _amount(dice), "paid"))
    for customer in buyers:
        if customer in standing:
            continue
        dice = Dice("orders", customer.id)
        low, high = dice.weighted(((1, 1), (2, 3), (4, 5), (6, 10)), (30, 32, 24, 14))
        for _ in range(dice.between(low, high)):
            week = dice.weighted(customer.weeks, [_BUSY.get(week, 1.0) for week in customer.weeks])
            status = dice.weighted(("paid", "refunded", "cancelled"), (90, 6, 4))
            placed.append((_moment(dice, week, customer), customer.id, _amount(dice), status))
    return [
        (f"HM-{10001 + number}", customer, BERLIN.iso(at), amount, "EUR", status)
        for number, (at, customer, amount, status) in enumerate(sorted(placed))
        if at < clock.END
    ]


def identities(people: list[Person], buyers: list[Customer]) -> list[tuple[str, str, str]]:
    """Which accounts are one person: a customer number and a Slack account, and somebody's old and new account."""
    rows = []
    old = next(person for person in people if person.kind == "old_account")
    for number, customer in enumerate((buyer for buyer in buyers if buyer.person), start=1):
        name = f"person-{number:03d}"
        rows.append((name, "shop", customer.id))
        rows.append((name, "slack", customer.person.id))
        if customer.person.kind == "new_account":
            rows.append((name, "slack", old.id))
    return rows


def as_csv(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    """The bytes of a CSV file, with the same line ends everywhere."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
