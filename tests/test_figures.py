"""The published figures against the independent reading of the metrics, row for row."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.communities import SHARED_DATA, Place
from tests.computed import published
from tests.independent import reading
from tests.independent.calendar_weeks import Calendar
from tests.independent.canonical import Community, Member, Observes, Order, Rows
from tests.independent.published import ENGAGEMENT, REPORTS_OF_ACTS, disagreements, scores_in
from tests.independent.slack import OBSERVES, read_slack


def sample_rows(folder: Path) -> tuple[Community, Rows]:
    """The sample community read by the independent reading: Slack, orders and identities."""
    rows = read_slack(folder / "exports" / "slack")
    with (folder / "exports" / "orders.csv").open(encoding="utf-8", newline="") as handle:
        for order in csv.DictReader(handle):
            rows.orders.append(
                Order(
                    order["order_id"],
                    "shop",
                    f"shop:{order['customer_id']}",
                    datetime.fromisoformat(order["ordered_at"]).astimezone(UTC),
                    Decimal(order["amount"]),
                    order["currency"],
                    order["status"],
                )
            )
    # A shop has no member list: its members are the buyers, from their first order on.
    for buyer in {order.member_id for order in rows.orders}:
        first = min(order.ordered_at for order in rows.orders if order.member_id == buyer)
        rows.members.append(Member("shop", buyer.removeprefix("shop:"), first, joined_at_is_inferred=True))
    with (folder / "identities.csv").open(encoding="utf-8", newline="") as handle:
        identities = {(row["source"], row["native_id"]): row["person"] for row in csv.DictReader(handle)}
    shop = Observes(views=False, reactions=False, joins=False, leaves=False, threads=False, members=False)
    community = Community({"slack": OBSERVES, "shop": shop}, timezone="Europe/Berlin", identities=identities)
    return community, rows


@pytest.fixture(scope="module")
def sample_reading(sample: Place) -> dict[str, list[dict]]:
    """All reports of the sample's forty weeks, as the independent reading has them."""
    community, rows = sample_rows(sample.config.parent)
    community.scores = scores_in(sample.home.warehouse)
    weeks = Calendar(community.timezone, community.week_start_day).weeks(date(2026, 1, 12), date(2026, 10, 12))
    return reading.read_reports(community, rows, weeks, only=REPORTS_OF_ACTS)


@pytest.mark.parametrize("report", REPORTS_OF_ACTS)
def test_sample_community_equals_the_independent_reading(sample: Place, sample_reading: dict, report: str):
    assert sample_reading[report], "nothing to compare"
    found = disagreements(sample_reading[report], sample.home.published, report)
    assert not found, "\n".join(found[:10])


WEEKS = Calendar("UTC", "monday").weeks(date(2020, 11, 2), date(2026, 6, 22))


@pytest.fixture(scope="module")
def rcontributors(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """295 weeks of a real Slack workspace, published at once."""
    export = SHARED_DATA / "slack_rcontributors.zip"
    if not export.exists():
        pytest.skip(f"no real export: {export} is missing")
    folder = tmp_path_factory.mktemp("rcontributors")
    config = folder / "stillhere.toml"
    config.write_text(
        '[community]\nname = "R contributors"\ntimezone = "UTC"\n\n'
        f'[[sources]]\nname = "slack"\nformat = "slack"\npath = {json.dumps(str(export))}\n',
        encoding="utf-8",
    )
    return published(config, WEEKS)


@pytest.fixture(scope="module")
def rcontributors_reading(rcontributors: Place) -> dict[str, list[dict]]:
    """The same weeks by the independent reading."""
    community = Community({"slack": OBSERVES}, scores=scores_in(rcontributors.home.warehouse))
    rows = read_slack(SHARED_DATA / "slack_rcontributors.zip")
    return reading.read_reports(community, rows, WEEKS, only=REPORTS_OF_ACTS)


@pytest.mark.parametrize("report", REPORTS_OF_ACTS)
def test_rcontributors_equals_the_independent_reading(rcontributors: Place, rcontributors_reading: dict, report: str):
    assert rcontributors_reading[report], "nothing to compare"
    found = disagreements(rcontributors_reading[report], rcontributors.home.published, report, ENGAGEMENT)
    assert not found, "\n".join(found[:10])


def test_rcontributors_known_weeks(rcontributors: Place):
    """Figures that were worked out by others, for two weeks."""
    columns = "members, active_members, new_active, retained, resurrected, dormant"
    of = "from reports.report_activity where source = 'slack' and week_start"
    busy = rcontributors.published(f"select {columns}, posts, replies, reactions {of} = date '2023-08-28'")
    assert busy == [(927, 46, 3, 9, 34, 3, 73, 109, 245)]
    calm = rcontributors.published(f"select {columns}, mau {of} = date '2026-05-11'")
    assert calm == [(1115, 9, 0, 6, 3, 8, 27)]


def test_rcontributors_accounts_for_every_row(rcontributors: Place):
    messages, users, channels = 12564, 1150, 20
    everything = messages + users + channels
    assert rcontributors.published(
        "select sum(rows_read), sum(rows_loaded), sum(rows_quarantined) from reports.export_files"
    ) == [(everything, everything, 0)]
