"""Real Zulip and Discourse communities: all weeks against the independent reading, row for row, and known figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb
import pytest

from orchestration.home import Home
from tests.communities import SHARED_DATA, Place
from tests.computed import published
from tests.independent import discourse, reading, zulip
from tests.independent.calendar_weeks import Calendar
from tests.independent.canonical import Community, Observes, Rows
from tests.independent.published import ENGAGEMENT, REPORTS_OF_ACTS, disagreements, scores_in


@dataclass(frozen=True)
class Forum:
    """A real export, and what is known of it."""

    format: str
    export: str
    first: date
    last: date
    read: Callable[[Path], Rows]
    observes: Observes

    @property
    def weeks(self) -> list[date]:
        """All of its closed weeks."""
        return Calendar("UTC", "monday").weeks(self.first, self.last)


FORUMS = [
    Forum("zulip", "zulip_brlcad.zip", date(2017, 10, 23), date(2026, 8, 10), zulip.read_zulip, zulip.OBSERVES),
    Forum(
        "discourse", "discourse_delving.zip", date(2022, 8, 22), date(2026, 8, 10), discourse.read_discourse,
        discourse.OBSERVES,
    ),
]  # fmt: skip
OF = "from reports.report_activity where source <> 'all' and week_start = date '2026-08-10'"


@pytest.fixture(scope="module", params=FORUMS, ids=lambda forum: forum.format)
def forum(request: pytest.FixtureRequest) -> Forum:
    """One of the forums; skips where its export is missing."""
    if not (SHARED_DATA / request.param.export).exists():
        pytest.skip(f"no real export: {SHARED_DATA / request.param.export} is missing")
    return request.param


@pytest.fixture(scope="module")
def place(forum: Forum, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The forum with all of its closed weeks published."""
    folder = tmp_path_factory.mktemp(forum.format)
    config = folder / "stillhere.toml"
    config.write_text(
        f'[community]\nname = "{forum.format}"\ntimezone = "UTC"\n\n[[sources]]\nname = "{forum.format}"\n'
        f'format = "{forum.format}"\npath = {json.dumps(str(SHARED_DATA / forum.export))}\n',
        encoding="utf-8",
    )
    if forum.format == "zulip":
        return published(config, forum.weeks)
    # As a user types it, with the pages of all weeks.
    found = Place(config, Home(folder / ".stillhere"))
    done = found.run("--from", str(forum.first), "--to", str(forum.last))
    assert done.returncode == 0, done.stdout + done.stderr
    return found


@pytest.fixture(scope="module")
def read(forum: Forum) -> Rows:
    """The forum's rows by the independent reader."""
    return forum.read(SHARED_DATA / forum.export)


@pytest.fixture(scope="module")
def expected(forum: Forum, read: Rows, place: Place) -> dict[str, list[dict]]:
    """All reports of all weeks by the independent reading."""
    community = Community({forum.format: forum.observes}, scores=scores_in(place.home.warehouse))
    return reading.read_reports(community, read, forum.weeks, only=REPORTS_OF_ACTS)


def canonical(place: Place, sql: str) -> list[tuple]:
    """Rows of a query on the warehouse's canonical tables."""
    with duckdb.connect(str(place.home.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("report", REPORTS_OF_ACTS)
def test_all_weeks_equal_the_independent_reading(place: Place, expected: dict, report: str):
    assert expected[report], "nothing to compare"
    found = disagreements(expected[report], place.home.published, report, ENGAGEMENT)
    assert not found, "\n".join(found[:10])


def test_the_acts_equal_the_independent_reading(place: Place, read: Rows):
    found = canonical(
        place,
        "select interaction_id, member_id, occurred_at, interaction_type, container_id, content_id, parent_id,"
        " thread_id, target_member_id from canonical.int_interactions",
    )
    assert sorted(found, key=str) == sorted(
        (
            (
                act.interaction_id, act.member_id, act.occurred_at.replace(tzinfo=None), act.interaction_type,
                act.container_id, act.content_id, act.parent_id, act.thread_id, act.target_member_id,
            )
            for act in read.interactions
        ),
        key=str,
    )  # fmt: skip


def test_known_figures(place: Place, forum: Forum):
    """Figures that were worked out by others: of the whole export, and of a week."""
    columns = "members, active_members, new_active, retained, resurrected, dormant"
    rows, names, weeks, week = {
        "zulip": (53685, 430, 450, (428, 6, 0, 5, 1, 3)),
        "discourse": (4661, 460, 158, (455, 22, 5, 3, 14, 9)),
    }[forum.format]
    assert place.published(f"select {columns} {OF}") == [week]
    assert canonical(
        place,
        "select count(*), count(distinct member_id), count(distinct week_start) from canonical.int_interactions",
    ) == [(rows, names, weeks)]
    if forum.format == "zulip":
        assert place.published(f"select replies {OF}") == [(22,)]


def test_every_row_is_accounted_for(place: Place, forum: Forum):
    rows = {"zulip": 53685, "discourse": 4725}[forum.format]
    assert place.published(
        "select sum(rows_read), sum(rows_loaded), sum(rows_quarantined) from reports.export_files"
    ) == [(rows, rows, 0)]


def test_threads_of_a_discourse_week(place: Place, forum: Forum):
    """Threads opened from a day before the week to a day before its end, and how soon another member answered."""
    if forum.format != "discourse":
        pytest.skip("these figures are known of Discourse alone")
    acts = canonical(
        place,
        "select member_id, occurred_at, interaction_type, thread_id, is_bot, is_official"
        " from canonical.int_interactions join canonical.int_members using (member_id)",
    )
    first, end = datetime(2026, 8, 9), datetime(2026, 8, 16)
    opened = [act for act in acts if act[2] == "post" and first <= act[1] < end and not act[4] and not act[5]]
    waits = []
    for author, at, _, thread, *_ in opened:
        answers = [
            act[1] - at for act in acts if act[2:4] == ("reply", thread) and act[0] != author and not act[4]
        ]  # fmt: skip
        waits += [min(wait for wait in answers)] if answers else []
    answered = [wait for wait in waits if wait < timedelta(hours=24)]
    assert (len(opened), len(answered)) == (8, 3)
    assert round(median(answered) / timedelta(minutes=1), 1) == 126.2


def test_reactions_received_are_counted_once(place: Place, forum: Forum):
    if forum.format != "discourse":
        pytest.skip("a Zulip archive shows no reactions")
    expected = discourse.reactions_received(SHARED_DATA / forum.export)
    assert sum(expected.values()) > 2000
    found = canonical(place, "select content_id, quantity, statistic from canonical.int_content_statistics")
    assert {content: quantity for content, quantity, _ in found} == expected
    assert {statistic for *_, statistic in found} == {"reaction"}
    shown = "observes_reactions, observes_reaction_counts, observes_views, observes_members"
    assert canonical(place, f"select {shown} from control.sources") == [(False, True, False, False)]
