"""What must not matter does not, and what must matter does: changed exports give figures changed as they have to be.

The variants of one source stand beside it in one config, so that one run publishes them all. A second run has the
whole community five hours east, its instants five hours earlier. Reports that are not yet there are taken up as they
come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from orchestration.home import Home
from tests.communities import Place
from tests.independent.calendar_weeks import WEEK, Calendar
from tests.independent.random_community import Made, random_community, write
from tests.independent.tables import Act, Listed, Source, canonical

SEED = 98
# Rows that are about publishing, lists that draw lots by member id, and what is known of a joining by now: what each
# week knew of it stands in report_onboarding_as_of.
NO_FIGURES = re.compile("report_(editions|restatements|quality|onboarding)|list_.*|report_winback_lift")
SILENT = Listed("aaa silent", joined_at=datetime(2025, 10, 8, 12, tzinfo=UTC))


def base() -> Made:
    """The community that all others are variants of: a forum that sees everything, and a shop."""
    made = random_community(SEED, forums=1, shops=1)
    forum = replace(made.sources[0], name="base")
    assert len(forum.acts) > 300 and forum.members, "a seed of too little"
    marks = {mark.replace("forum00:", "base:") for mark in made.community.official | made.community.bots}
    # Both lists become bots: which of the two it is does not matter here, and persons are no matter either.
    community = replace(made.community, bots=frozenset(m for m in marks if m.startswith("base:")), official=frozenset())
    alone = replace(community, identities={}, do_not_contact=frozenset(), has_outreach_log=False)
    return Made(alone, [forum, made.sources[1]])


def last_week(forum: Source) -> date:
    """The last week in which anything happens in the base."""
    return Calendar("UTC").week_of(max(act.at for act in forum.acts))


def variants(forum: Source) -> list[Source]:
    """The same forum again and again, each time otherwise."""
    dice = Random(SEED)

    def moved(at: datetime | None) -> datetime | None:
        return at + WEEK if at else None

    def renamed(who: str | None) -> str | None:
        # In the same order, for ties are broken by id.
        return f"r{who}" if who else None

    active = sorted({act.who for act in forum.acts if act.what == "post"})
    end = Calendar("UTC").end(last_week(forum))
    later = [Act(who, end + timedelta(hours=n), "post", id=f"later-{n}") for n, who in enumerate(active)]
    later += [
        Act(active[0], end + timedelta(days=1), "leave"),
        Act("newcomer", end + timedelta(days=2), "post", id="l"),
    ]
    return [
        # Repeated rows keep their order among themselves: the later version of an act holds.
        replace(
            forum,
            name="shuffled",
            acts=shuffled(forum.acts, dice),
            members=dice.sample(forum.members, len(forum.members)),
        ),
        replace(
            forum,
            name="renamed",
            acts=[
                replace(a, who=renamed(a.who), target=renamed(a.target), id=renamed(a.id), content=renamed(a.content),
                        parent=renamed(a.parent), thread=renamed(a.thread))
                for a in forum.acts
            ],
            members=[replace(member, who=renamed(member.who)) for member in forum.members],
        ),
        replace(forum, name="later", acts=forum.acts + later),
        replace(forum, name="extended", members=[*forum.members, SILENT]),
        replace(
            forum,
            name="shifted",
            acts=[replace(act, at=act.at + WEEK) for act in forum.acts],
            members=[replace(m, joined_at=moved(m.joined_at), left_at=moved(m.left_at)) for m in forum.members],
        ),
    ]  # fmt: skip


def shuffled(acts: list[Act], dice: Random) -> list[Act]:
    """Acts in another order, but for the versions of one act."""
    places: dict[str, list[Act]] = {}
    order = dice.sample(acts, len(acts))
    for act in acts:
        places.setdefault(act.id or "", []).append(act)
    return [places[act.id].pop(0) if act.id else act for act in order]


def with_variants(made: Made) -> Made:
    """The community with all its variants, each with the same accounts marked."""
    forum, shop = made.sources
    others = variants(forum)
    bots = set(made.community.bots)
    for other in others:
        prefix = f"{other.name}:r" if other.name == "renamed" else f"{other.name}:"
        bots |= {prefix + mark.removeprefix("base:") for mark in made.community.bots}
    sources = [forum, shop, *others]
    sees = {source.name: source.observes for source in sources}
    return Made(replace(made.community, sources=sees, bots=frozenset(bots)), sources)


def five_hours_east(made: Made) -> Made:
    """Everything at the same local time, where it is later by five hours."""
    hours = timedelta(hours=5)

    def earlier(at: datetime | None) -> datetime | None:
        return at - hours if at else None

    sources = [
        replace(
            source,
            acts=[replace(act, at=act.at - hours) for act in source.acts],
            members=[replace(m, joined_at=earlier(m.joined_at), left_at=earlier(m.left_at)) for m in source.members],
            orders=[replace(order, at=order.at - hours) for order in source.orders],
        )
        for source in made.sources
    ]
    return Made(replace(made.community, timezone="Etc/GMT-5"), sources)


def publish(made: Made, folder: Path, seed: int) -> Place:
    """Runs a community from the command line."""
    place = Place(write(made, folder, seed), Home(folder / ".stillhere"))
    done = place.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="module")
def community() -> Made:
    """The base and its variants."""
    return with_variants(base())


@pytest.fixture(scope="module")
def published(community: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base and its variants, published."""
    return publish(community, tmp_path_factory.mktemp("variants"), 0).home.published


Row = dict[str, object]


def reports_of(published: Path) -> dict[str, list[Row]]:
    """Every weekly report of figures; names are pseudonyms made of ids and are left out."""
    found = {}
    with duckdb.connect(str(published), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.columns where table_schema = 'reports'"
            " and column_name in ('source', 'week_start') group by table_name having count(*) = 2 order by 1"
        ).fetchall()
        for (name,) in names:
            if not NO_FIGURES.fullmatch(name):
                rows = connection.execute(
                    f"select * exclude (member_name) from reports.{name}"
                    if _has_names(connection, name)
                    else f"select * from reports.{name}"
                )
                columns = [column[0] for column in rows.description]
                found[name] = [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]
    return found


def _has_names(connection: duckdb.DuckDBPyConnection, report: str) -> bool:
    columns = connection.execute(f"describe reports.{report}").fetchall()
    return "member_name" in [column[0] for column in columns]


def of_source(reports: dict[str, list[Row]], source: str, last: date, back: timedelta = timedelta(0)) -> dict:
    """A source's rows up to a week as if it were the base, all days and instants so much earlier, in one order."""

    def plain(column: str, value: object) -> object:
        if column == "source":
            return "base"
        if isinstance(value, str):
            prefix = f"{source}:r" if source == "renamed" else f"{source}:"
            return "base:" + value.removeprefix(prefix) if value.startswith(prefix) else value
        return value - back if isinstance(value, date) else value

    return {
        report: sorted(
            (
                {column: plain(column, value) for column, value in row.items()}
                for row in rows
                if row["source"] == source and row["week_start"] - back <= last
            ),
            key=str,
        )
        for report, rows in reports.items()
    }


def same(one: dict[str, list[Row]], other: dict[str, list[Row]]) -> None:
    """Two sources' reports have the same rows, and enough of them for that to mean something."""
    assert set(one) == set(other)
    assert all(one[report] for report in ("report_activity", "report_churn", "report_retention", "member_week_status"))
    for report, rows in one.items():
        assert rows == other[report], report


@pytest.mark.parametrize(
    ("source", "back"), [("shuffled", 0), ("renamed", 0), ("later", 0), ("shifted", 7)], ids=lambda value: str(value)
)
def test_what_must_not_matter_changes_nothing(community: Made, published: Path, source: str, back: int):
    """The order of rows; what people and things are called; what comes after a week; all of it a week later."""
    last = last_week(community.sources[0])
    reports = reports_of(published)
    same(of_source(reports, "base", last), of_source(reports, source, last, timedelta(days=back)))


# How a silent member shows: in these columns by one, and in what is divided by the number of members.
ONE_MORE: dict[str, Callable[[Row], set[str]]] = {
    "report_activity": lambda row: (
        {"members", "silent_members"} | ({"absent_members"} if row["observes_views"] else set())
    ),
    "report_churn": lambda row: {"never_active"},
}
DIVIDED_BY_MEMBERS = {
    "report_activity": {"active_rate", "engagement_rate", "engagement_rate_change_12w"},
    "report_churn": {"churn_rate", "members_at_start", "churn_rate_newbie", "churn_rate_growth", "churn_rate_mature"},
}
UNTOUCHED = ("report_retention", "report_content", "report_heatmap", "report_interaction_mix", "report_conversation")


def test_a_silent_member_changes_only_what_it_must(community: Made, published: Path):
    last, joined = last_week(community.sources[0]), Calendar("UTC").week_of(SILENT.joined_at)
    reports = reports_of(published)
    before, after = of_source(reports, "base", last), of_source(reports, "extended", last)
    for report in UNTOUCHED:
        assert before.get(report) == after.get(report), report
    for report, grows in ONE_MORE.items():
        for one, other in zip(before[report], after[report], strict=True):
            if one["week_start"] < joined:
                assert one == other
                continue
            must = grows(one) | ({"new_members"} if one["week_start"] == joined and "new_members" in one else set())
            changed = {column for column in one if one[column] != other[column]}
            assert must <= changed <= must | DIVIDED_BY_MEMBERS[report], (report, one["week_start"])
            assert [other[column] - one[column] for column in must] == [1] * len(must)
    # Nobody else's row is another, and the silent one has a row a week from joining on.
    others = [row for row in after["member_week_status"] if row["member_id"] != f"base:{SILENT.who}"]
    silent = [row for row in after["member_week_status"] if row["member_id"] == f"base:{SILENT.who}"]
    assert others == before["member_week_status"]
    assert sorted(row["week_start"] for row in silent) == Calendar("UTC").weeks(joined, last)
    assert {row["status"] for row in silent} == {"never_active"}
    # One move into the community; how stages go on from there is the member's own.
    joining = [
        {
            (r["week_start"], r["to_stage"]): r["members"]
            for r in rows["report_lifecycle_moves"]
            if r["from_stage"] is None
        }
        for rows in (before, after)
    ]
    assert joining[1] == joining[0] | {(joined, "newbie"): joining[0].get((joined, "newbie"), 0) + 1}


def test_a_zone_is_nothing_but_its_local_time(community: Made, published: Path, tmp_path: Path):
    """Five hours east with every instant five hours earlier; the files look otherwise, too."""
    east = publish(five_hours_east(community), tmp_path / "east", 1).home.published
    here, there = reports_of(published), reports_of(east)
    hours = timedelta(hours=5)
    for report, rows in here.items():
        moved = [{c: v + hours if isinstance(v, datetime) else v for c, v in row.items()} for row in there[report]]
        assert sorted(rows, key=str) == sorted(moved, key=str), report
        assert rows or report not in UNTOUCHED


def test_the_variants_are_what_they_are_called(community: Made):
    """A variant that says nothing else than the base would prove nothing."""
    by_name = {source.name: source for source in community.sources}
    rows = {name: canonical([source]) for name, source in by_name.items()}
    assert by_name["shuffled"].acts != by_name["base"].acts
    assert sorted(map(str, by_name["shuffled"].acts)) == sorted(map(str, by_name["base"].acts))
    assert len(rows["later"].interactions) > len(rows["base"].interactions)
    assert len(rows["extended"].members) == len(rows["base"].members) + 1
    assert {m.native_id for m in rows["renamed"].members}.isdisjoint(m.native_id for m in rows["base"].members)
