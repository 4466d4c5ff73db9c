"""Golden figures: the CDNOW sample, each order also an active interaction of its day, through the real formats.

The growth accounting of the eight weeks stands in metrics.md; everything else is counted here from the file itself.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.communities import WEEK, Place
from tests.computed import published

FIRST, LAST = date(1996, 12, 30), date(1998, 6, 29)
GROWTH = "active_members, new_active, retained, resurrected, dormant"
GOLDEN = {
    date(1996, 12, 30): (100, 100, 0, 0, 0),
    date(1997, 1, 6): (171, 168, 3, 0, 97),
    date(1997, 1, 13): (189, 175, 7, 7, 164),
    date(1997, 1, 20): (220, 193, 12, 15, 177),
    date(1997, 1, 27): (227, 204, 10, 13, 210),
    date(1997, 2, 3): (281, 226, 20, 35, 207),
    date(1997, 10, 6): (51, 0, 5, 46, 48),
    date(1997, 10, 13): (45, 0, 6, 39, 45),
}
# The second column numbers the customers of the sample; the first, those of the whole data set.
CONFIG = """
[community]
name = "CDNOW"

[[sources]]
name = "acts"
format = "table"
path = {path}
type = "post"
equal_rows = "separate"
delimiter = "whitespace"
header = false
instants = "%Y%m%d"
[sources.columns]
member = 2
at = 3

[[sources]]
name = "shop"
format = "orders"
path = {path}
currency = "USD"
delimiter = "whitespace"
header = false
instants = "%Y%m%d"
[sources.columns]
member = 2
at = 3
amount = 5
"""


@pytest.fixture(scope="module")
def export() -> Path:
    """The sample; skips where it is missing."""
    from tests.communities import SHARED_DATA

    path = SHARED_DATA / "cdnow" / "CDNOW_sample.txt"
    if not path.exists():
        pytest.skip(f"no real export: {path} is missing")
    return path


@pytest.fixture(scope="module")
def cdnow(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """All 79 weeks, published at once."""
    config = tmp_path_factory.mktemp("cdnow") / "stillhere.toml"
    config.write_text(CONFIG.format(path=json.dumps(str(export))), encoding="utf-8")
    return published(config, (FIRST + number * WEEK for number in range(79)))


def weekly(export: Path) -> dict[date, list[tuple[str, Decimal]]]:
    """The orders of each week: customer and amount."""
    weeks = defaultdict(list)
    for line in export.read_text(encoding="utf-8").splitlines():
        _, customer, day, _, amount = line.split()
        ordered = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        weeks[ordered - timedelta(days=ordered.weekday())].append((customer, Decimal(amount)))
    return weeks


def test_growth_of_the_eight_weeks(cdnow: Place):
    rows = cdnow.published(f"select week_start, {GROWTH} from reports.report_activity where source = 'acts'")
    found = {week: tuple(figures) for week, *figures in rows}
    assert len(found) == 79
    assert {week: found[week] for week in GOLDEN} == GOLDEN


def test_equal_rows_are_acts_of_their_own(cdnow: Place, export: Path):
    lines = [line.split() for line in export.read_text(encoding="utf-8").splitlines()]
    assert len({(line[1], line[2]) for line in lines}) < len(lines), "no equal rows: nothing is tested"
    assert cdnow.published(
        "select sum(interactions), sum(new_active) from reports.report_activity where source = 'acts'"
    ) == [(6919, 2357)]


def test_purchases_are_those_of_the_file(cdnow: Place, export: Path):
    """Counted once more in plain Python: every week's orders, buyers, revenue and first-time buyers."""
    expected, seen = {}, set()
    for week, orders in sorted(weekly(export).items()):
        buyers = {customer for customer, _ in orders}
        expected[week] = (len(orders), len(buyers), sum(amount for _, amount in orders), len(buyers - seen))
        seen |= buyers
    assert (len(expected), len(seen)) == (79, 2357)
    rows = cdnow.published(
        "select week_start, orders, buyers, revenue, first_time_buyers from reports.report_purchases"
        " where source = 'shop' and currency = 'USD'"
    )
    assert {week: tuple(figures) for week, *figures in rows} == expected


def test_fifths_of_the_last_week_are_those_of_the_file(cdnow: Place, export: Path):
    """Recency, frequency and money of all buyers, sorted and cut in plain Python."""
    orders, money, last = Counter(), Counter(), {}
    for line in export.read_text(encoding="utf-8").splitlines():
        _, customer, day, _, amount = line.split()
        orders[customer] += 1
        money[customer] += Decimal(amount)
        last[customer] = max(last.get(customer, ""), day)

    def fifths(by: dict) -> dict[str, int]:
        ranked = sorted(by, key=lambda customer: (by[customer], f"shop:{customer}"))
        size, larger = divmod(len(ranked), 5)
        cut = [fifth for fifth in range(1, 6) for _ in range(size + (fifth <= larger))]
        return dict(zip(ranked, cut, strict=True))

    expected = [fifths(by) for by in (last, orders, money)]
    rows = cdnow.published(
        "select member_id, recency_quintile, frequency_quintile, money_quintile from reports.member_week_status"
        f" where source = 'shop' and week_start = date '{LAST}'"
    )
    assert {member.removeprefix("shop:"): tuple(found) for member, *found in rows} == {
        customer: tuple(fifth[customer] for fifth in expected) for customer in orders
    }
    assert LAST - FIRST == 78 * WEEK
