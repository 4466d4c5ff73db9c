"""Made Zulip and Discourse communities, from files to canonical rows: every way in which exports repeat themselves."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration import config as configuration
from orchestration import formats, warehouse
from orchestration.exports import lake
from orchestration.exports.pull import pull
from orchestration.home import Home
from tests.exports_in.discourse_export import iso, post, user, user_list
from tests.exports_in.zulip_export import MONDAY, account, logged, message, realm, server_message, topic_file
from tests.independent.canonical import Rows
from tests.independent.discourse import reactions_received, read_discourse
from tests.independent.zulip import read_zulip
from tests.test_dbt_project import dbt

CONFIG = """
[community]
name = "forums"
timezone = "UTC"

[[sources]]
name = "archive"
format = "zulip"
path = "archive/*"

[[sources]]
name = "own"
format = "zulip"
path = "own"

[[sources]]
name = "forum"
format = "discourse"
path = "forum/*"

[[sources]]
name = "posts_only"
format = "discourse"
path = "forum/first"
"""
NAMES = ["Ann", "Ben", "Cem", "Ünsal 漢", "Notification Bot", "it's; drop", "Our IRC Bot"]
HOUR = timedelta(hours=1)


def put(path: Path, content: object) -> None:
    """Writes a file; lists and dicts as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def write_archives(folder: Path, dice: random.Random) -> None:
    """Two archives that overlap; topics were moved within and between them, and messages repeat within files."""
    places = [topic_file(stream, topic) for stream in ("7-general", "8-a b") for topic in ("hi", "Über. 100%", "z")]
    messages = [message(number, dice.choice(NAMES), MONDAY + number * 7200) for number in range(1, 200)]
    home_of = {row["id"]: dice.choice(places) for row in messages}
    for name, known in (("first", messages[:140]), ("second", messages[60:])):
        files: dict[str, list] = {}
        for row in dice.sample(known, len(known)):
            if dice.random() < 0.1:
                home_of[row["id"]] = dice.choice(places)
            files.setdefault(home_of[row["id"]], []).append(row)
            if dice.random() < 0.2:
                files.setdefault(dice.choice(places), []).append(row)
        put(folder / name / "stream_index.json", {"streams": {}})
        for file, rows in files.items():
            put(folder / name / file, rows)


def write_own_export(folder: Path) -> None:
    """An organization's own export: a stream, a private conversation, reactions, some who left."""
    reactions = [
        {"id": 1, "user_profile": 11, "message": 1, "emoji_name": "tada", "emoji_code": "1f389"},
        {"id": 2, "user_profile": 11, "message": 99, "emoji_name": "tada", "emoji_code": "1f389"},
    ]
    users = [account(10, role=200), account(11, "Ben"), account(12, "Cem", is_active=False), account(14, "Never")]
    users += [account(number, f"gone {number}", is_active=False) for number in (16, 17, 18)]
    # One is gone since; one came back in between; one was back and is gone, which the log does not say.
    events = [
        logged(103, 16, 60), logged(103, 17, 30), logged(104, 17, 40), logged(103, 17, 50, backfilled=True),
        logged(103, 18, 30), logged(104, 18, 40), logged(301, 10, 90),
    ]  # fmt: skip
    put(
        folder / "realm.json",
        realm(zerver_userprofile=users, zerver_reaction=reactions, zerver_realmauditlog=events),
    )
    put(
        folder / "messages-000001.json",
        {"zerver_message": [server_message(1, 11), server_message(2, 12), server_message(3, 11, 101, subject="")]},
    )
    put(folder / "messages-000002.json", {"zerver_message": [server_message(4, 1), server_message(5, 15)]})


def write_forum(folder: Path, dice: random.Random) -> None:
    """Two exports of posts in several versions, some of them in private, and lists of users that differ."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    numbers: dict[int, int] = {}
    for number in range(1, 150):
        topic, author = dice.randint(1, 25), dice.choice([-1, 1, 2, 3, 4, 5, 6])
        numbers[topic] = numbers.get(topic, 0) + 1
        at = start + number * 5 * HOUR
        row = post(
            number, topic_id=topic, post_number=numbers[topic], user_id=author, username=f"user{author}",
            reply_to_post_number=dice.choice([None, dice.randint(1, numbers[topic])]), created_at=iso(at),
            post_type=dice.choice([1, 1, 1, 1, 2, 3]), moderator=author == 6, user_deleted=dice.random() < 0.1,
        )  # fmt: skip
        if topic in (23, 24) and dice.random() < 0.5:
            row["topic_archetype"] = "private_message"
        # Of the topics that began before the export did the first posts are missing.
        if topic == 25 and numbers[topic] == 1:
            continue
        versions = sorted(dice.sample(range(100), dice.randint(1, 3)))
        for version in dice.sample(versions, len(versions)):
            changed = row | {
                "updated_at": iso(at + version * HOUR),
                "reactions": dice.choice([[], [{"id": "+1", "count": version}, {"id": "eyes", "count": 1}]]),
                "actions_summary": dice.choice([[], [{"id": 2, "count": version + 1}, {"id": 4, "count": 1}]]),
            }
            export = "first" if number < 70 or dice.random() < 0.5 else "second"
            put(folder / export / dice.choice("ab") / f"{number:07d}-{version}.json", changed)
    listed = [user(number, created_at=iso(start - HOUR * number * number)) for number in (1, 2, 9)]
    put(folder / "second" / "user_list.csv", user_list([*listed, user(3, created_at=iso(start + 900 * HOUR))]))
    put(folder / "second" / "users" / "4.json", {"user": user(4, admin=True)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports on disk, pulled and built up to the canonical rows, all of their data tests passed."""
    folder = tmp_path_factory.mktemp("forums")
    dice = random.Random(7)
    write_archives(folder / "archive", dice)
    write_own_export(folder / "own")
    write_forum(folder / "forum", dice)
    put(folder / "stillhere.toml", CONFIG)
    config = configuration.load(folder / "stillhere.toml")
    home = Home(folder / ".stillhere").create()
    lake.write_schemas(home, formats.raw_tables())
    for source in config.sources:
        result = pull(config, source, home)
        assert result.total("rows_read") == result.total("rows_loaded") > 0
    warehouse.write_control(config, home, [])
    streams = ["+int_members", "+int_content_statistics", "+int_member_attributes"]
    run = dbt(
        home, warehouse.PROJECT, home.dbt / "target", "build", "--exclude-resource-type", "unit_test",
        "--indirect-selection", "cautious", "--select", *streams,
    )  # fmt: skip
    assert {node: status for node, status in run.statuses.items() if status not in ("success", "pass")} == {}
    assert any("unique_key_int_zulip__messages" in node for node in run.statuses), "data tests ran"
    return folder


def canonical(folder: Path, sql: str) -> list[tuple]:
    """Rows of a query on the warehouse."""
    with warehouse.connect(folder / ".stillhere" / "warehouse.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def acts_of(rows: Rows) -> list[tuple]:
    """The independent reader's acts as the warehouse has them."""
    return sorted(
        (
            (
                act.interaction_id, act.member_id, act.occurred_at.replace(tzinfo=None), act.interaction_type,
                act.content_id, act.parent_id, act.thread_id, act.target_member_id,
            )
            for act in rows.interactions
        ),
        key=str,
    )  # fmt: skip


def read(folder: Path, source: str) -> Rows:
    """A source by its independent reader."""
    reader = read_zulip if source == "archive" else read_discourse
    exports = [folder / "forum" / "first"] if source == "posts_only" else sorted((folder / source).iterdir())
    return reader(exports, source)


@pytest.mark.parametrize("source", ["archive", "forum", "posts_only"])
def test_acts_are_those_of_the_independent_reader(folder: Path, source: str):
    expected = acts_of(read(folder, source))
    assert len(expected) > 50
    columns = "interaction_id, member_id, occurred_at, interaction_type, content_id, parent_id, thread_id"
    found = canonical(
        folder, f"select {columns}, target_member_id from canonical.int_interactions where source = '{source}'"
    )
    assert sorted(found, key=str) == expected


@pytest.mark.parametrize("source", ["archive", "forum", "posts_only"])
def test_members_are_those_of_the_independent_reader(folder: Path, source: str):
    columns = "member_id, member_name, is_bot, is_official, joined_at, joined_at_is_inferred"
    found = canonical(folder, f"select {columns} from canonical.int_members where source = '{source}' order by all")
    assert found == sorted(
        (
            member.member_id, member.name, member.is_bot, member.is_official, member.joined_at.replace(tzinfo=None),
            member.joined_at_is_inferred,
        )
        for member in read(folder, source).members
    )  # fmt: skip


def test_reactions_received_are_those_of_the_version_that_holds(folder: Path):
    expected = reactions_received(sorted((folder / "forum").iterdir()))
    assert len(expected) > 50
    found = canonical(
        folder, "select content_id, quantity from canonical.int_content_statistics where source = 'forum'"
    )
    assert dict(found) == expected


def test_trust_levels_come_from_the_list(folder: Path):
    found = canonical(folder, "select source, member_id, attribute, value from canonical.int_member_attributes")
    assert sorted(found) == [("forum", f"forum:{number}", "trust_level", "2") for number in (1, 2, 3, 4, 9)]


def test_an_organizations_own_export_to_its_canonical_rows(folder: Path):
    noon = datetime.fromtimestamp(MONDAY, UTC).replace(tzinfo=None)

    def at(seconds: float) -> datetime:
        return noon + timedelta(seconds=seconds)

    columns = "interaction_id, member_id, occurred_at, interaction_type, container_id, parent_id, thread_id"
    assert canonical(
        folder,
        f"select {columns}, target_member_id from canonical.int_interactions where source = 'own' order by all",
    ) == [
        ("own:1", "own:11", at(1.25), "post", "7", None, "7/hi", None),
        ("own:1/tada/1f389/11", "own:11", at(1.25), "reaction", "7", "1", "7/hi", "own:11"),
        ("own:2", "own:12", at(2.25), "reply", "7", "1", "7/hi", "own:11"),
        ("own:3", "own:11", at(3.25), "message", "recipient/101", None, None, "own:10"),
        ("own:4", "own:1", at(4.25), "reply", "7", "1", "7/hi", "own:11"),
        ("own:5", "own:15", at(5.25), "reply", "7", "1", "7/hi", "own:11"),
    ]
    joined = noon - timedelta(seconds=86400.5)
    columns = "member_id, member_name, is_bot, is_official, joined_at, joined_at_is_inferred"
    assert canonical(
        folder, f"select {columns} from canonical.int_members where source = 'own' order by member_id"
    ) == [
        ("own:1", None, True, False, at(4.25), True),
        ("own:10", "Ann", False, True, joined, False),
        ("own:11", "Ben", False, False, joined, False),
        ("own:12", "Cem", False, False, joined, False),
        ("own:14", "Never", False, False, joined, False),
        ("own:15", None, False, False, at(5.25), True),
        *((f"own:{number}", f"gone {number}", False, False, joined, False) for number in (16, 17, 18)),
    ]
    columns = "member_id, occurred_at, event_type, is_inferred"
    assert canonical(folder, f"select {columns} from canonical.int_membership_events order by all") == [
        ("own:12", at(2.25), "leave", True),
        ("own:16", at(60), "leave", False),
        ("own:17", at(30), "leave", False),
        ("own:17", at(40), "join", False),
        ("own:17", at(50), "leave", True),
        ("own:18", at(30), "leave", False),
        ("own:18", at(40), "join", False),
        ("own:18", at(40.000001), "leave", True),
    ]


def test_what_a_source_shows_is_told_by_its_exports(folder: Path):
    columns = "observes_threads, observes_reactions, observes_reaction_counts, observes_joins, observes_members"
    assert canonical(folder, f"select source, {columns} from control.sources order by source") == [
        ("archive", True, False, False, False, False),
        ("forum", True, False, True, True, True),
        ("own", True, True, False, True, True),
        ("posts_only", True, False, True, False, False),
    ]
