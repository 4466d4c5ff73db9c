"""The published figures of a real data dump against the independent reading, row for row, over all of its weeks."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.communities import SHARED_DATA, Place
from tests.computed import published
from tests.independent import reading
from tests.independent.calendar_weeks import Calendar
from tests.independent.canonical import Community
from tests.independent.published import ENGAGEMENT, REPORTS_OF_ACTS, disagreements, scores_in
from tests.independent.stackexchange import OBSERVES, read_stackexchange

WEEKS = Calendar("UTC", "monday").weeks(date(2011, 8, 15), date(2021, 8, 16))
DUMP = SHARED_DATA / "stackexchange_frenchmeta.zip"


@pytest.fixture(scope="module")
def frenchmeta(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """523 weeks of a real site, published at once."""
    if not DUMP.exists():
        pytest.skip(f"no real export: {DUMP} is missing")
    folder = tmp_path_factory.mktemp("frenchmeta")
    config = folder / "stillhere.toml"
    config.write_text(
        '[community]\nname = "French Meta"\ntimezone = "UTC"\n\n'
        f'[[sources]]\nname = "stackexchange"\nformat = "stackexchange"\npath = {json.dumps(str(DUMP))}\n',
        encoding="utf-8",
    )
    return published(config, WEEKS)


@pytest.fixture(scope="module")
def frenchmeta_reading(frenchmeta: Place) -> dict[str, list[dict]]:
    """The same weeks by the independent reading."""
    community = Community({"stackexchange": OBSERVES}, scores=scores_in(frenchmeta.home.warehouse))
    return reading.read_reports(community, read_stackexchange(DUMP), WEEKS, only=REPORTS_OF_ACTS)


@pytest.mark.parametrize("report", REPORTS_OF_ACTS)
def test_frenchmeta_equals_the_independent_reading(frenchmeta: Place, frenchmeta_reading: dict, report: str):
    assert frenchmeta_reading[report], "nothing to compare"
    found = disagreements(frenchmeta_reading[report], frenchmeta.home.published, report, ENGAGEMENT)
    assert not found, "\n".join(found[:10])


def test_frenchmeta_known_week(frenchmeta: Place):
    """Figures that were worked out by others."""
    of = f"where source = 'stackexchange' and week_start = date '{WEEKS[-1]}'"
    columns = "members, active_members, new_members, members_join_inferred, reactions"
    assert frenchmeta.published(f"select {columns} from reports.report_activity {of}") == [(1701, 2, 2, 0, None)]
    assert frenchmeta.published(f"select never_active from reports.report_churn {of}") == [(1490,)]


def test_frenchmeta_accounts_for_every_row(frenchmeta: Place):
    rows = 1703 + 781 + 1305 + 4349
    assert frenchmeta.published(
        "select sum(rows_read), sum(rows_loaded), sum(rows_quarantined) from reports.export_files"
    ) == [(rows, rows, 0)]
