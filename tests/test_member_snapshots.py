"""Leaving and coming back by the difference of two member lists, from the exports to the figures."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.community import Community
from orchestration.exports.lake import Ledger
from tests.computed import computed, looked_at, pulled
from tests.exports_in.dumps import STACKEXCHANGE, STAMP, row, xml
from tests.exports_in.inbox import SLACK, Inbox
from tests.exports_in.mapped import table_source
from tests.exports_in.slack_export import files, message, put_all, user, write_zip

CONFIG = """
[community]
name = "Lists"

[[sources]]
name = "slack"
format = "slack"
path = "exports/slack"

[[sources]]
name = "forum"
format = "table"
path = "exports/forum"
type = "post"

[sources.columns]
member = "who"
at = "at"

[sources.members]
file = "members.csv"
member = "who"
is_bot = "bot"
"""
# Noon of the Tuesdays of four weeks, as Slack and as the forum write it.
TUESDAYS = {"2024-01-02": 1704196800, "2024-01-09": 1704801600, "2024-01-16": 1705406400, "2024-01-23": 1706011200}
ONLY = ("--select", "+report_activity")
ANN, BEA, BOT = user("U1", "Ann"), user("U2", "Bea"), user("B1", "Bot", is_bot=True)


def export(exports: Path, weeks: int, users: list | None, members: str | None) -> None:
    """Writes exports over those that are there, of the first so many weeks; no list: the file is gone, or as before."""
    for folder in ("slack/general", "forum"):
        (exports / folder).mkdir(parents=True, exist_ok=True)
    days = list(TUESDAYS)[:weeks]
    for day in days:
        text = json.dumps([message(f"{TUESDAYS[day]}.000100", "U1")])
        (exports / f"slack/general/{day}.json").write_text(text, encoding="utf-8")
    (exports / "slack/users.json").unlink(missing_ok=True)
    if users:
        (exports / "slack/users.json").write_text(json.dumps(users), encoding="utf-8")
    rows = "".join(f"ann,{day}T12:00:00Z\n" for day in days)
    (exports / "forum/events.csv").write_text("who,at\n" + rows, encoding="utf-8")
    if members:
        (exports / "forum/members.csv").write_text("who,bot\n" + members, encoding="utf-8")


def figures(community: Community, source: str) -> list[tuple]:
    return looked_at(
        community,
        f"select cast(week_start as varchar), members, left_members from reports.report_activity"
        f" where source = '{source}' order by week_start",
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[tuple]]]:
    """What the second and the fourth of four exports, each written over the one before, come to."""
    config = tmp_path_factory.mktemp("lists") / "stillhere.toml"
    config.write_text(CONFIG, encoding="utf-8")
    lists = [
        ([ANN, BEA, BOT], "ann,no\nbea,no\nrobot,yes\n"),
        ([ANN], None),
        (None, "ann,no\n"),
        ([ANN, BEA], None),
    ]
    seen = []
    for weeks, (users, members) in enumerate(lists, 1):
        export(config.parent / "exports", weeks, users, members)
        community = pulled(config)
        if weeks in (2, 4):
            computed(community, [date(2024, 1, 1) + timedelta(weeks=n) for n in range(weeks)], *ONLY)
            seen.append({source: figures(community, source) for source in ("slack", "forum")})
    return seen


def test_who_is_missing_from_the_next_list_has_left_with_the_newest_instant_of_its_export(seen: list[dict]):
    assert seen[0]["slack"] == [("2024-01-01", 2, 0), ("2024-01-08", 1, 1)]


def test_a_list_that_stayed_the_same_file_still_lists_everybody(seen: list[dict]):
    assert seen[0]["forum"] == [("2024-01-01", 2, 0), ("2024-01-08", 2, 0)]


def test_who_is_listed_again_came_back_after_the_export_before_and_an_export_without_a_list_says_nothing(
    seen: list[dict],
):
    assert seen[1]["slack"] == [
        ("2024-01-01", 2, 0),
        ("2024-01-08", 1, 1),
        ("2024-01-15", 2, 0),
        ("2024-01-22", 2, 0),
    ]


def test_a_list_that_changed_with_the_third_export_tells_of_leaving_in_its_week_only(seen: list[dict]):
    assert seen[1]["forum"] == [
        ("2024-01-01", 2, 0),
        ("2024-01-08", 2, 0),
        ("2024-01-15", 1, 1),
        ("2024-01-22", 1, 0),
    ]


def lists(inbox: Inbox) -> list[bool]:
    """Of each export, whether it is one that lists all members."""
    return [export.has_member_list for export in Ledger(inbox.home, inbox.source).exports()]


@pytest.mark.parametrize(
    ("option", "listed"), [("", True), ('member_list = "whole"', True), ('member_list = "partial"', False)]
)
def test_the_config_may_call_a_list_partial(tmp_path: Path, option: str, listed: bool):
    for name, source, export_files in (
        ("slack", SLACK, files()),
        ("qa", STACKEXCHANGE, {"Users.xml": xml("users", [row(Id=1, CreationDate=STAMP)])}),
        ("group", table_source(after='[sources.members]\nfile = "m.csv"\nmember = "who"'), {"m.csv": "who\nann\n"}),
    ):
        inbox = Inbox(tmp_path / name, source.replace('path = "exports"\n', f'path = "exports"\n{option}\n'))
        put_all(inbox, export_files)
        inbox.pull()
        assert lists(inbox) == [listed], name


def test_another_word_for_a_list_is_an_error(tmp_path: Path):
    from orchestration.errors import ConfigError

    with pytest.raises(ConfigError, match="member_list.*'whole' or 'partial'"):
        Inbox(tmp_path, SLACK + 'member_list = "some"\n')


@pytest.mark.parametrize(
    ("broken", "listed"),
    [
        ({"users.json": "["}, False),
        ({"users.json": b"\xff"}, False),
        ({"more/users.json": "["}, False),
        ({"general/2024-01-01.json": "["}, True),
        ({"more/users.json": [user("U3")]}, True),
    ],
)
def test_half_a_list_is_none(tmp_path: Path, broken: dict, listed: bool):
    """Also when it is looked at again, known from before."""
    inbox = Inbox(tmp_path, SLACK)
    put_all(inbox, files() | broken)
    inbox.pull()
    inbox.put("general/2024-01-09.json", [message("1704801600.000100")])
    inbox.pull()
    assert lists(inbox) == [listed, listed]


def test_an_archive_without_a_list_or_known_from_before_lists_nobody(tmp_path: Path):
    inbox = Inbox(tmp_path, SLACK.replace('"exports"', '"exports/*.zip"'))
    write_zip(inbox.exports / "a.zip", files())
    inbox.pull()
    without = {name: content for name, content in files().items() if name != "users.json"}
    write_zip(inbox.exports / "b.zip", without | {"general/2024-01-09.json": [message("1704801600.000100")]})
    inbox.pull()
    assert lists(inbox) == [True, False]
