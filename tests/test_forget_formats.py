"""Every format says whom its rows are of and whom they name: by that people are erased, and kept out at loading."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import config, formats
from orchestration.erasure import lake_rows, traces
from orchestration.erasure.erased_list import MEMBER, NAME, ErasedList, can_be_part_of_a_name
from orchestration.erasure.plan import Plan
from orchestration.exports.pull import pull
from orchestration.home import Home
from tests.exports_in import discord_export, dumps, small, telegram_export, whatsapp_export, zulip_export
from tests.exports_in.inbox import Inbox
from tests.exports_in.mapped import table_source
from tests.exports_in.slack_export import message

# The formats in which rows of others name people.
NAMING = {"slack", "discord", "telegram", "whatsapp", "mastodon", "zulip", "table"}
ERASED_AT = "2024-06-01 12:00:00"


@pytest.mark.parametrize("name", formats.names())
def test_a_format_says_of_each_raw_table_whom_its_rows_are_of(name: str):
    """A new format that says nothing of people fails here: nobody could be erased from it."""
    its_format = formats.get(name)
    assert set(its_format.people) == set(its_format.tables)
    with duckdb.connect() as connection:
        lake_rows.just_these(["x:1"])(connection)
        for table, columns in its_format.tables.items():
            people = its_format.people[table]
            fields = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            connection.execute(f"create or replace table raw (_source varchar, _file varchar, {fields})")
            kinds = connection.execute("describe raw").fetchall()
            changes = ", ".join(f'{sql} as "{column}"' for column, sql in people.named.items())
            rows = (
                f"select * {f'replace ({changes})' if changes else ''} from (select *, {people.goes} as goes from raw)"
            )
            assert connection.execute(f"describe {rows}").fetchall()[:-1] == kinds
            assert set(people.names) <= set(columns)


def _naming(name: str, there: Inbox) -> None:
    """More of an export: rows in which others name people, in every way that the format has."""
    later = datetime(2024, 1, 26, 12)
    at = telegram_export.NOON + timedelta(days=1)
    if name == "slack":
        reply = message("1704283200.000100", "U2", thread_ts="1704110400.000100", parent_user_id="U1")
        by_a_bot = message("1704283201.000100", "U1", bot_id="B1", subtype="bot_message")
        there.put("general/2024-01-03.json", [reply, by_a_bot])
    elif name == "discord":
        named = [{"id": one, "name": f"name {one}", "isBot": False} for one in ("1", "2")]
        there.put("three.json", discord_export.channel(discord_export.message("300", mentions=named), native_id="12"))
    elif name == "telegram":
        invited = telegram_export.service(4, "invite_members", "user2", at, members=["Name of user1", "Somebody"])
        waved = telegram_export.message(
            5, "user2", at, reactions=[telegram_export.reaction("x", ("user1", at), count=3)]
        )
        there.put("ChatExport_3/result.json", telegram_export.chat(invited, waved, native_id=12))
    elif name == "whatsapp":
        sentences = ["Bén added Ann", "Bén added Ann and Pit", "Ann added Pit", "Ann left", "Bén: hello"]
        text = "".join(whatsapp_export.line(later + timedelta(minutes=n), one) for n, one in enumerate(sentences))
        there.put("WhatsApp Chat with Ann.txt", text)
    elif name == "mastodon":
        ann, ben = (f"https://x.example/users/{who}" for who in ("ann", "ben"))
        answers = [
            dumps.note(number, ben, inReplyTo=f"{to}/{number}")
            for number, to in (
                (3, f"{ann}/statuses"),
                (4, "https://x.example/@ann"),
                (5, "https://x.example/users/anna/statuses"),
            )
        ]
        there.put("ben/outbox.json", dumps.outbox(*answers, dumps.boost(6, f"{ann}/statuses/1", ben)))
    elif name == "zulip":
        reaction = {"id": 1, "user_profile": 11, "message": 1, "emoji_name": "tada", "emoji_code": "1f389"}
        there.put("realm.json", zulip_export.realm(zerver_reaction=[reaction]))
        said = [zulip_export.server_message(1), zulip_export.server_message(2, sender=11, recipient=101)]
        there.put("messages-000001.json", {"zerver_message": said, "zerver_usermessage": []})
    elif name == "table":
        config = there.config_file.read_text(encoding="utf-8").replace(
            'type = "kind"\n', 'type = "kind"\ntarget = "to"\n', 1
        )
        there.config_file.write_text(config, encoding="utf-8")
        there.put("one.csv", "who,at,kind,to\nben,2024-01-01 10:00:00,reply,ann\nann,2024-01-02 10:00:00,reply,ben\n")


def inbox(folder: Path, name: str) -> Inbox:
    """A small export of the format, not yet pulled."""
    there = Inbox(folder)
    keys = small.EXPORTS[name](there.exports)
    there.configure(f'[[sources]]\nname = "src"\npath = "exports"\n{keys}')
    _naming(name, there)
    return there


def rows_of(there: Inbox, name: str) -> dict[str, list[tuple]]:
    """What the lake holds, without the instant of loading."""
    return {table: there.rows(table, "* exclude (_loaded_at)") for table in formats.get(name).tables}


def members_in(there: Inbox, name: str) -> list[str]:
    """Everybody whose rows the lake holds."""
    found: set[str] = set()
    for table, people in formats.get(name).people.items():
        if people.member_id and there.parts(table):
            # A window is no part of a list of distinct values.
            rows = there.rows(table, f"{people.member_id} as member_id", "")
            found |= {one for one in rows if isinstance(one, str)}
    return sorted(found)


def listed(there: Inbox, member_id: str) -> ErasedList:
    """The list with one member on it, as `forget` would have it."""
    names, aliases = lake_rows.called(there.home, [member_id])
    found = [(MEMBER, one) for one in (member_id, *aliases)]
    texts = {*names, member_id.partition(":")[2]}
    found += [(NAME, one) for one in sorted(texts) if can_be_part_of_a_name(one)]
    return ErasedList("a secret").with_people(found, ERASED_AT)


def erased_from(folder: Path, name: str, member_id: str) -> Inbox:
    """The small export of a format, loaded, and one member erased from it."""
    there = inbox(folder, name)
    there.pull()
    lake_rows.erase(there.home, listed(there, member_id))
    return there


def test_discord_mentions_and_reactions_lose_the_erased(tmp_path: Path):
    there = erased_from(tmp_path, "discord", "src:1")
    rows = there.rows("discord_messages", "message_id, mentions, reactions", "order by message_id")
    assert [row[0] for row in rows] == ["101"]
    [(_, mentions, [reaction])] = rows
    assert mentions == []
    assert (reaction["quantity"], [user["user_id"] for user in reaction["users"]]) == (1, ["2"])
    there = erased_from(tmp_path / "other", "discord", "src:2")
    [mentions] = there.rows("discord_messages", "mentions", "where message_id = '300'")
    assert [user["user_id"] for user in mentions] == ["1"]


def test_answers_to_an_erased_account_of_mastodon_stay_answers(tmp_path: Path):
    there = erased_from(tmp_path, "mastodon", "src:https://x.example/users/ann")
    assert there.rows("mastodon_activities", "in_reply_to", "where activity_type = 'Create' order by all") == [
        "https://x.example/erased/4",
        "https://x.example/erased/statuses/3",
        "https://x.example/users/anna/statuses/5",
    ]
    boosted = there.rows("mastodon_activities", "object_id", "where activity_type = 'Announce'")
    assert boosted == ["https://x.example/erased/statuses/1"]


def test_a_recipient_of_zulip_who_was_erased_is_nobodys_and_a_stream_stays(tmp_path: Path):
    there = erased_from(tmp_path, "zulip", "src:10")
    recipients = there.rows("zulip_realm", "id, recipient_type, type_id", "where kind = 'recipient' order by id")
    assert recipients == [(100, 2, 7), (101, 1, None)]
    assert there.rows("zulip_server_messages", "sender_id, recipient_id") == [(11, 101)]
    assert there.rows("zulip_realm", "kind, coalesce(user_id, id)", "where kind <> 'recipient' order by all") == [
        ("reaction", 11),
        ("system_bot", 1),
        ("user", 11),
    ]


def test_a_message_that_a_bot_wrote_for_somebody_erased_stays_the_bots(tmp_path: Path):
    there = erased_from(tmp_path, "slack", "src:U1")
    rows = there.rows("slack_messages", "user_id, bot_id, parent_user_id", "where channel = 'general' order by all")
    assert ("U1" not in str(rows), (None, "B1", None) in rows, ("U2", None, None) in rows) == (True, True, True)


def test_further_items_go_with_the_order(tmp_path: Path):
    there = erased_from(tmp_path, "shopify_orders", "src:ann@example.org")
    assert there.count() == 0
    assert sum(account.rows_erased for account in there.accounts()) == 3


def test_names_are_learned_from_the_rows_of_an_erased_account(tmp_path: Path):
    """Who was kept out unseen, or goes by another name now, is known by it to the rows of others in the same load."""
    there = inbox(tmp_path, "telegram")
    ErasedList("a secret").with_people([(MEMBER, "src:user1")], ERASED_AT).write(there.home)
    loaded = config.load(there.config_file)
    pull(loaded, loaded.sources[0], there.home)
    assert there.holds("user1") == []
    assert there.rows("telegram_messages", "member_names", "where action = 'invite_members'") == [["Somebody"]]
    assert ErasedList.of(there.home).has(MEMBER, "src:name:Name of user1")


def counts(there: Inbox) -> list[tuple]:
    """The account of every file, without the pull's own instants."""
    return sorted(
        (
            a.export,
            a.file,
            a.rows_read,
            a.rows_loaded,
            a.rows_quarantined,
            a.rows_erased,
            a.first_at,
            a.last_at,
            a.outcome,
        )
        for a in there.accounts()
    )


WITH_PEOPLE = [name for name in formats.names() if any(p.member_id for p in formats.get(name).people.values())]


@pytest.mark.parametrize("name", WITH_PEOPLE)
def test_erased_later_or_kept_out_at_loading_is_the_same(tmp_path: Path, name: str):
    """Each member of each format, once erased from the lake, and once before anything is loaded."""
    there = inbox(tmp_path / "all", name)
    there.pull()
    before, members = rows_of(there, name), members_in(there, name)
    assert members
    named = False
    for number, member_id in enumerate(members):
        later = inbox(tmp_path / f"later-{number}", name)
        later.pull()
        erased = listed(later, member_id)
        named |= any(one.naming for one in lake_rows.find(later.home, [member_id]).values())
        lake_rows.erase(later.home, erased)

        first = inbox(tmp_path / f"first-{number}", name)
        erased.write(first.home)
        pull_config = config.load(first.config_file)
        result = pull(pull_config, pull_config.sources[0], first.home)

        assert rows_of(later, name) == rows_of(first, name)
        assert counts(later) == counts(first)
        assert later.quarantine() == first.quarantine()
        assert rows_of(later, name) != before
        assert member_id not in members_in(later, name)
        for account in result.accounts:
            assert account.rows_read == account.rows_loaded + account.rows_quarantined
        assert sum(a.rows_loaded for a in later.accounts()) == later.count()
        assert sum(a.rows_erased for a in later.accounts()) == sum(e.get("rows", 0) for e in later.quarantine()) > 0
        # Once more, as after a kill: nothing is left to do.
        footprint = later.footprint()
        lake_rows.erase(later.home, erased)
        assert later.footprint() == footprint
        assert lake_rows.find(later.home, [member_id]) == {}
    assert named == (name in NAMING)


def test_ids_go_from_logs_and_databases_and_ids_that_merely_look_alike_stay(tmp_path: Path):
    home = Home(tmp_path / "home").create()
    hostile = 'slack:U1"; drop table events;--\\é'
    told = "member_id=slack:U1; member_id=slack:U12; xslack:U1; member_id=ann; Ann Berg.txt; run of ann; "
    told += f"{json.dumps(hostile)}; {json.dumps(json.dumps(hostile))}"
    left = "member_id=(erased); member_id=slack:U12; xslack:U1; (erased); (erased).txt; run of ann; "
    (home.dagster / "a.log").write_text(told, encoding="utf-8")
    database = home.dagster / "history.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table events (number integer, event text, bytes blob)")
        connection.execute("insert into events values (1, ?, ?), (2, 'else', null)", [told, b"\x00"])
        connection.commit()
    names = ("Ann Berg", "run")
    traces.erase(home, Plan(ERASED_AT, ("slack:U1", hostile), ("ann",), names, {}))
    assert (home.dagster / "a.log").read_text(encoding="utf-8").startswith(left)
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select * from events").fetchall()
    assert rows[1] == (2, "else", None)
    assert rows[0][1].startswith(left)
    for text in (rows[0][1], (home.dagster / "a.log").read_text(encoding="utf-8")):
        assert "drop table" not in text
    assert b"drop table" not in database.read_bytes()


def test_reasons_and_names_of_files_lose_the_erased_and_known_files_stay_known(tmp_path: Path):
    there = Inbox(tmp_path, table_source())
    name = "Ann O'Berg; drop table x"
    there.put("posts.csv", f"who,at\n{name},2024-01-01\nben,2024-01-02\nben,{name}\n")
    there.put(f"{name}/{name}.csv", "who,when\n")
    there.put("half.csv", f'who,at\n"{name}')
    there.pull()
    assert there.holds("Berg")
    lake_rows.erase(there.home, listed(there, f"{there.source}:{name}"))
    assert there.holds("Berg") == []
    assert there.reasons()[4].startswith("at: expected an instant, found erased-")
    footprint = there.footprint()
    ErasedList("a secret").with_people([(MEMBER, f"{there.source}:{name}"), (NAME, name)], ERASED_AT).write(there.home)
    # The same files again are the same files, under names that are no longer kept.
    loaded = config.load(there.config_file)
    assert pull(loaded, loaded.sources[0], there.home).changed is False
    assert there.footprint() == footprint
