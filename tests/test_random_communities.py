"""Random communities through the real formats and the real pipeline: every published row against the reading.

`STILLHERE_RANDOM_SEEDS=7,8,9` runs these seeds too, each in a zone of its own choice.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from random import Random

import pytest

from orchestration.home import Home
from tests import computed
from tests.communities import Place
from tests.independent.calendar_weeks import Calendar
from tests.independent.people import ALL, first_week
from tests.independent.published import REQUIRED_REPORTS, disagreements, reports_in, scores_in
from tests.independent.random_community import Made, random_community, write
from tests.independent.reading import read_reports

RUNS = [(1, "UTC", "monday"), (2, "America/New_York", "sunday"), (3, "Asia/Kathmandu", "monday")]
ZONES = ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Santiago"]
MORE = [int(seed) for seed in os.environ.get("STILLHERE_RANDOM_SEEDS", "").split(",") if seed]
RUNS += [(seed, Random(seed).choice(ZONES), Random(seed + 1).choice(["monday", "sunday"])) for seed in MORE]


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: "-".join(map(str, run)))
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Path]:
    """A random community, published: the first by the command that a user types, the others without pages."""
    seed, timezone, week_start_day = request.param
    made = random_community(seed, timezone, week_start_day)
    folder = tmp_path_factory.mktemp(f"seed{seed}")
    config = write(made, folder, seed)
    if request.param == RUNS[0]:
        place = Place(config, Home(folder / ".stillhere"))
        done = place.run()
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        place = computed.published(config, weeks_of(made))
    assert place.published("select sum(rows_quarantined) from reports.export_files") == [(0,)]
    made.community.scores = scores_in(place.home.warehouse)
    return made, place.home.published


def weeks_of(made: Made) -> list[date]:
    """Every week from the first row to the last."""
    rows = made.rows
    instants = [row.occurred_at for row in rows.interactions + rows.events] + [o.ordered_at for o in rows.orders]
    calendar = Calendar(made.community.timezone, made.community.week_start_day)
    first = first_week(ALL, rows, made.community)
    assert first
    return calendar.weeks(first, calendar.week_of(max(instants)))


def test_every_report_of_every_source_and_week_equals_the_reading(published: tuple[Made, Path]):
    made, database = published
    reports = reports_in(database)
    assert set(REQUIRED_REPORTS) <= set(reports)
    expected = read_reports(made.community, made.rows, weeks_of(made), only=reports)
    for report in reports:
        found = disagreements(expected[report], database, report)
        assert not found, f"{report}: {len(found)}\n" + "\n".join(found[:20])
        assert expected[report] or report not in REQUIRED_REPORTS, f"{report}: nothing to compare"
