"""Slack exports: every row is loaded or quarantined with its reason, whatever the files look like."""

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import formats
from tests.exports_in.inbox import SLACK, UTF_16, Inbox
from tests.exports_in.slack_export import MONDAY, files, message, put_all, ts, user, write_zip, zipped

MESSAGE = "channel, ts, user_id, subtype, bot_id, thread_ts, parent_user_id, text_length, has_link"


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community")


@pytest.mark.parametrize("packing", ["folder", "folder in folder", "zip", "zip with a top folder", "tar.gz"])
def test_an_export_is_read_alike_however_it_is_packed(inbox, packing):
    members = files(message(text="hello"), message("1704110401.000200", "U2", thread_ts=ts(MONDAY)))
    members["general/canvas_in_the_conversation.json"] = [{"ts": "x"}]
    members["general/canvases/F1/canvas.json"] = {"title": "plan"}
    members["channels.json"] = [{"id": "C1", "name": "general", "creator": "U1", "members": ["U1"]}]
    members["groups.json"] = [{"id": "C2", "name": "board"}]
    members["dms.json"] = [{"id": "D024BE91L", "members": ["U1", "U2"]}]
    if packing.startswith("folder"):
        put_all(inbox, members, "" if packing == "folder" else "Our Slack export/")
    elif packing.startswith("zip"):
        zipped(inbox, members, "" if packing == "zip" else "Our Slack export/")
    else:
        import tarfile

        put_all(inbox, members)
        with tarfile.open(inbox.folder / "export.tar.gz", "w:gz") as archive:
            archive.add(inbox.exports, "export")
        inbox.configure(SLACK.replace('"exports"', '"export.tar.gz"'))

    result = inbox.pull()

    assert (result.total("rows_read"), result.total("rows_loaded")) == (6, 6)
    assert (result.count("loaded"), result.count("unused")) == (4, 4)
    assert inbox.rows("slack_messages", MESSAGE) == [
        ("general", "1704110400.000100", "U1", None, None, None, None, 5, False),
        ("general", "1704110401.000200", "U2", None, None, "1704110400.000100", None, 5, False),
    ]
    assert inbox.rows("slack_users", "user_id, user_name, is_bot, is_official, is_deleted") == [
        ("U1", "Ann", False, False, False),
        ("U2", "Ben", False, False, False),
    ]
    assert inbox.rows("slack_channels", "channel_id, channel_name") == [("C1", "general"), ("C2", "board")]
    assert inbox.quarantine() == []


def test_rows_bear_where_they_come_from_and_the_declared_types(inbox):
    put_all(inbox, files(message(), message(ts(MONDAY, 200))) | {"channels.json": [{"id": "C1", "name": "general"}]})
    result = inbox.pull()
    columns = "_source, _export, _file, _row, _loaded_at, _at"
    loaded_at = result.accounts[0].loaded_at
    first, second = inbox.rows("slack_messages", columns)
    assert first == ("slack", "exports", "general/2024-01-01.json", 1, loaded_at, datetime(2024, 1, 1, 12, 0, 0, 100))
    assert second[3] == 2
    for table, types in formats.get("slack").tables.items():
        described = inbox.described(table)
        assert {name: described[name].replace('"', "") for name in types} == types


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("1704110400.123456", "2024-01-01 12:00:00.123456"),
        ("1704110400.000001", "2024-01-01 12:00:00.000001"),
        ("1704110400.999999", "2024-01-01 12:00:00.999999"),
        ("1704110400", "2024-01-01 12:00:00"),
        ("1704110400.5", "2024-01-01 12:00:00.500000"),
        ("1704110399.999999", "2024-01-01 11:59:59.999999"),
    ],
)
def test_stamps_are_read_to_the_microsecond(inbox, stamp, at):
    put_all(inbox, files(message(stamp)))
    inbox.pull()
    assert inbox.rows("slack_messages", "ts, cast(_at as varchar)") == [(stamp, at.rstrip("0") if "." in at else at)]


def test_what_a_message_says_is_not_stored_only_how_long_it_is(inbox):
    secret = "the launch code is 0000, tell nobody"
    attachment = {"from_url": "https://example.org", "text": secret, "fallback": secret}
    put_all(
        inbox,
        files(
            message(text=secret, blocks=[{"elements": [{"text": secret}]}], attachments=[attachment]),
            message(ts(MONDAY, 2), text=secret, files=[{"mimetype": "image/png", "title": secret}]),
            message(ts(MONDAY, 3), user=None, comment={"user": "U2", "comment": secret}, subtype="file_comment"),
            message(ts(MONDAY, 4), text="漢字🙂"),
            message(ts(MONDAY, 5), text="", files=[{"id": "F1", "mode": "hidden_by_limit"}, None]),
        ),
    )
    inbox.pull()
    assert inbox.rows("slack_messages", "user_id, text_length, has_link, mimetypes, subtype") == [
        ("U1", 0, False, [""], None),
        ("U1", 3, False, [], None),
        ("U1", 36, False, ["image/png"], None),
        ("U1", 36, True, [], None),
        ("U2", 5, False, [], "file_comment"),
    ]
    assert inbox.holds("launch code") == []
    assert inbox.holds("U1"), "the search finds what is there"


def test_reactions_are_kept_with_name_and_users(inbox):
    many = [
        {"name": "+1::skin-tone-2", "users": ["U1", "U2"], "count": 2},
        {"name": "it's; drop table", "users": [], "count": 0},
    ]
    put_all(
        inbox,
        files(
            message(reactions=many), message(ts(MONDAY, 200), reactions=None), message(ts(MONDAY, 300), reactions=[])
        ),
    )
    inbox.pull()
    assert inbox.rows("slack_messages", "reactions", "order by ts") == [
        [{"name": "+1::skin-tone-2", "users": ["U1", "U2"]}, {"name": "it's; drop table", "users": []}],
        None,
        [],
    ]


def test_users_are_read_with_their_flags(inbox):
    inbox.put(
        "users.json",
        [
            user("U1", "Ann", is_owner=True, tz="Europe/Berlin", updated=1704110400),
            user("U2", "Ben", is_bot=True, deleted=True),
            {"id": "U3", "name": "cy", "profile": {"display_name": "Cy!", "real_name": "Cyril"}},
            {"id": "U4", "name": "di", "real_name": "Diana", "is_admin": "maybe", "updated": "soon", "new_key": [1]},
            {"id": "U5"},
        ],
    )
    inbox.pull()
    assert inbox.rows("slack_users", "user_id, user_name, is_bot, is_official, is_deleted, updated, tz") == [
        ("U1", "Ann", False, True, False, 1704110400, "Europe/Berlin"),
        ("U2", "Ben", True, False, True, None, None),
        ("U3", "Cy!", False, False, False, None, None),
        ("U4", "Diana", False, False, False, None, None),
        ("U5", None, False, False, False, None, None),
    ]


def test_each_bad_row_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    soon = datetime.now(UTC) + timedelta(days=2)
    bad = {
        "expected a message object, found varchar": "not a message",
        "expected a message object, found array": [1],
        "expected a message object, found null": None,
        "ts: missing": {"user": "U1"},
        "ts: expected epoch seconds, found yesterday": message("yesterday"),
        "ts: expected epoch seconds, found ": message("x") | {"ts": ""},
        "ts: expected epoch seconds, found -1.5": message("-1.5"),
        "ts: expected epoch seconds, found 1704110400.1234567": message("1704110400.1234567"),
        "thread_ts: expected epoch seconds, found top": message(thread_ts="top"),
        "reactions: expected a list of names with users": message(reactions="many"),
        "reactions: expected a list of names with users ": message(reactions=[{"name": "+1"}]),
        "instant before 1990: 1989-12-31 23:59:59": message("631151999"),
        "instant before 1990: 1970-01-01 00:00:00": message("0.0"),
        f"instant in the future: {soon:%Y-%m-%d %H:%M:%S}": message(str(int(soon.timestamp()))),
        "instant in the future: 33658-09-27 01:46:39": message("999999999999"),
    }
    rows = [row for wrong in bad.values() for row in (message(), wrong)]
    put_all(inbox, files(*rows))
    result = inbox.pull()
    account = inbox.account("general/2024-01-01.json")
    assert (account.rows_read, account.rows_loaded, account.rows_quarantined) == (2 * len(bad), len(bad), len(bad))
    assert result.total("rows_quarantined") == len(bad)
    entries = inbox.quarantine()
    assert [entry["row"] for entry in entries] == list(range(2, 2 * len(bad) + 1, 2))
    assert [entry["reason"] for entry in entries] == [
        reason.rstrip() if "with users" in reason else reason for reason in bad
    ]
    assert {entry["file"] for entry in entries} == {"general/2024-01-01.json"}
    assert json.loads(entries[3]["raw"]) == {"user": "U1"}


def test_an_instant_of_the_next_hours_is_a_clock_that_is_off_and_no_error(inbox):
    put_all(inbox, files(message(str(int(time.time()) + 3600)), message("631152000.000000")))
    assert inbox.pull().total("rows_quarantined") == 0


def test_bad_users_go_to_quarantine(inbox):
    inbox.put("users.json", [user(), {"name": "nobody"}, {"id": ""}, "U9", None])
    inbox.pull()
    assert inbox.reasons() == {
        2: "id: missing",
        3: "id: missing",
        4: "expected a user object, found varchar",
        5: "expected a user object, found null",
    }
    assert inbox.rows("slack_users", "user_id") == ["U1"]


def test_bad_channels_go_to_quarantine(inbox):
    inbox.put("channels.json", [{"id": "C1", "name": "general"}, {"name": "x"}, {"id": "C2"}, "C3"])
    inbox.pull()
    assert inbox.reasons() == {
        2: "id: missing",
        3: "name: missing",
        4: "expected a channel object, found varchar",
    }
    assert inbox.rows("slack_channels", "channel_id") == ["C1"]


def test_what_quarantine_keeps_of_a_bad_row_is_cut_short(inbox):
    put_all(inbox, files({"text": "x" * 100_000}))
    inbox.pull()
    (entry,) = inbox.quarantine()
    assert len(entry["raw"]) == 1000


def test_quarantine_stays_one_entry_a_line_whatever_the_row_holds(inbox):
    nasty = "a\u2028b\u2029c\x85d\x0be\nf\x00"
    put_all(inbox, files({"text": nasty}, {"text": "second"}))
    inbox.pull()
    assert [entry["row"] for entry in inbox.quarantine()] == [1, 2]
    assert "a\u2028b" in inbox.quarantine()[0]["raw"]


GOOD_DAY = json.dumps([message()])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD_DAY[:-20], "not valid JSON (cut off?)"),
        (GOOD_DAY + GOOD_DAY, "not valid JSON (cut off?)"),
        ("[" * 100_000, "not valid JSON (cut off?)"),
        ("", "empty file"),
        (" \n\t\r\n", "empty file"),
        ("\ufeff", "empty file"),
        ('{"ts": "1"}', "expected a JSON list, found object"),
        ('"text"', "expected a JSON list, found varchar"),
        ("null", "expected a JSON list, found null"),
        (GOOD_DAY.replace("hello", "h\xe9llo").encode("latin-1"), "not UTF-8 text (near byte 44)"),
        (GOOD_DAY.encode("utf-16"), UTF_16),
        ((GOOD_DAY + "é").encode()[:-1], "not UTF-8 text (near byte 89)"),
        (
            b"PK\x03\x04\xff\xfe",
            "not UTF-8 text (near byte 4): it is a spreadsheet (save it as CSV UTF-8) or an archive",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_rest_goes_on(inbox, content, reason):
    put_all(inbox, files(message(), day="2024-01-02"))
    inbox.put("general/2024-01-01.json", content)
    result = inbox.pull()
    account = inbox.account("general/2024-01-01.json")
    assert account.outcome == "unreadable"
    assert re.sub(r"byte \d+", "byte", account.reason) == re.sub(r"byte \d+", "byte", reason)
    assert (account.rows_read, account.rows_loaded, account.rows_quarantined) == (1, 0, 1)
    written = content if isinstance(content, bytes) else content.encode()
    assert inbox.quarantine() == [
        {
            "export": "exports",
            "file": "general/2024-01-01.json",
            "row": None,
            "reason": account.reason,
            "raw": written[:1000].decode("utf-8", "backslashreplace"),
        }
    ]
    assert (result.total("rows_loaded"), result.count("unreadable")) == (3, 1)


def test_a_byte_order_mark_and_an_empty_list_are_fine(inbox):
    inbox.put("general/2024-01-01.json", "\ufeff" + GOOD_DAY)
    inbox.put("general/2024-01-02.json", "[]")
    inbox.put("general/2024-01-03.json", "[" + "[" * 50_000 + "]" * 50_000 + "]")
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.count("loaded")) == (1, 3)
    assert inbox.reasons() == {1: "expected a message object, found array"}


def test_without_users_or_channels_the_messages_still_count(inbox):
    inbox.put("general/2024-01-01.json", [message()])
    inbox.put("not in channels/2024-01-01.json", [message()])
    inbox.pull()
    assert inbox.rows("slack_messages", "channel") == ["general", "not in channels"]
    from orchestration.exports.lake import Ledger

    assert [export.has_member_list for export in Ledger(inbox.home, "slack").exports()] == [False]


names = st.text(st.characters(codec="utf-8", exclude_characters="/\x00"), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..") and name == name.strip(".") and len(name.encode()) < 200
)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
stamps = st.integers(631152000 * 10**6, 1_700_000_000 * 10**6)
messages = st.fixed_dictionaries(
    {"ts": stamps.map(lambda micros: f"{micros // 10**6}.{micros % 10**6:06d}"), "user": texts, "text": texts},
    optional={"subtype": texts, "bot_id": texts, "parent_user_id": texts},
)
communities = st.dictionaries(names, st.lists(messages, max_size=6), max_size=4)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(communities, st.randoms(use_true_random=False), st.booleans())
def test_any_community_is_read_as_it_was_written(tmp_path_factory, community, random, as_zip):
    """However its rows are spread over days, shuffled and repeated in a second export."""
    inbox = Inbox(tmp_path_factory.mktemp("slack"), SLACK.replace('"exports"', '"exports/*"'))
    days = ["2024-01-01", "2024-01-02", "2024-01-03"]
    for export in ("first", "second"):
        members = {}
        for channel, rows in community.items():
            rows = random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else [])
            for row in rows:
                members.setdefault(f"{channel}/{random.choice(days)}.json", []).append(row)
        if as_zip:
            write_zip(inbox.exports / f"{export}.zip", members)
        else:
            (inbox.exports / export).mkdir()
            put_all(inbox, members, f"{export}/")
    inbox.pull()
    assert inbox.quarantine() == []
    assert set(inbox.rows("slack_messages", "channel, ts, user_id, text_length, subtype, bot_id, parent_user_id")) == {
        (
            channel,
            row["ts"],
            row["user"],
            len(row["text"]),
            row.get("subtype"),
            row.get("bot_id"),
            row.get("parent_user_id"),
        )
        for channel, rows in community.items()
        for row in rows
    }
    assert {(at - datetime(1970, 1, 1)) // timedelta(microseconds=1) for at in inbox.rows("slack_messages", "_at")} == {
        int(row["ts"].replace(".", "")) for rows in community.values() for row in rows
    }
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before
