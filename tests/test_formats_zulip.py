"""Zulip exports: every row is loaded or quarantined with its reason, whatever the files look like."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import formats
from orchestration.exports.lake import Ledger
from orchestration.formats import json_objects
from orchestration.formats.base import Observes
from orchestration.formats.zulip import topic_of
from tests.computed import computed, looked_at, pulled
from tests.exports_in.inbox import UTF_16, Inbox
from tests.exports_in.slack_export import write_zip
from tests.exports_in.zulip_export import MONDAY, ZULIP, account, logged, message, realm, server_message, topic_file

MESSAGE = "stream, topic, message_id, sender_full_name, content_length, content_type"
STREAM = "7-general"


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", ZULIP)


@pytest.mark.parametrize("packing", ["folder", "folder in folder", "zip", "zip with a top folder"])
def test_an_archive_is_read_alike_however_it_is_packed(inbox, packing):
    members = {
        "stream_index.json": {"streams": {}},
        topic_file(STREAM, "hi"): [message(1), message(2, "Ben")],
        topic_file("8-a.b c", "c++ / 50%. Ünï"): [message(3)],
    }
    top = "our archive/" if "top" in packing or "in folder" in packing else ""
    if "zip" in packing:
        inbox.configure(ZULIP.replace('"exports"', '"exports/archive.zip"'))
        write_zip(inbox.exports / "archive.zip", members, top)
    else:
        for name, content in members.items():
            inbox.put(top + name, content)
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded"), result.count("unused")) == (3, 3, 1)
    assert inbox.rows("zulip_messages", MESSAGE) == [
        (STREAM, "hi", 1, "Ann", 12, "text"),
        (STREAM, "hi", 2, "Ben", 12, "text"),
        ("8-a.b c", "c++ / 50%. Ünï", 3, "Ann", 12, "text"),
    ]
    assert inbox.rows("zulip_messages", "_at")[0] == datetime(2024, 1, 1, 12, 0, 1)


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("7-a/stream.20events.json", "stream events"),
        ("7-a/Plz.2E.2E.20help.3F.json", "Plz.. help?"),
        ("7-a/v1.json", "v1"),
        ("7-a/no.encoding.json", "no.encoding"),
        ("7-a/100%.json", "100%"),
        ("7-a/100%41.json", "100%41"),
        ("7-a/.E6.BC.A2.json", "漢"),
        ("7-a/.FF.json", "\ufffd"),
        ("7-a/.json", ""),
        ("alone.json", "alone"),
    ],
)
def test_topics_are_decoded_from_file_names(name, topic):
    assert topic_of(name) == topic


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("stream_index.json", None),
        ("7-general/stream_index.json", "zulip_messages"),
        ("7-general/realm.json", "zulip_messages"),
        ("7-general/messages-000001.json", "zulip_messages"),
        ("general/hi.json", "zulip_messages"),
        ("hi.json", "zulip_messages"),
        ("zulip-export-ab/realm.json", "zulip_realm"),
        ("realm.json", "zulip_realm"),
        ("zulip-export-ab/messages-000012.json", "zulip_server_messages"),
        ("zulip-export-ab/messages-000012.json.partial", None),
        ("zulip-export-ab/attachment.json", None),
        ("zulip-export-ab/uploads/records.json", None),
        ("zulip-export-ab/analytics.json", None),
        ("7-general/picture.png", None),
        ("7-general/._hi.json", None),
    ],
)
def test_files_are_told_by_their_names(name, table):
    assert formats.get("zulip").table_of(name, None) == table


def test_what_a_message_says_is_not_stored_only_how_long_it_is_and_what_it_shows(inbox):
    secret = "the launch code is 0000"
    contents = {
        "text": f"<p>{secret} <a href='/user'>@Ann</a></p>",
        "link": f'<p>{secret} <a href="https://example.org">x</a></p>',
        "image": f'<p>{secret}</p><div class="message_inline_image"><a href="https://example.org/a.png"></a></div>',
        "video": f'<p>{secret}</p><div class="youtube-video message_inline_image"></div>',
    }
    inbox.put(topic_file(STREAM, "hi"), [message(i, content=text) for i, text in enumerate(contents.values())])
    inbox.pull()
    assert inbox.rows("zulip_messages", "content_type", "order by message_id") == list(contents)
    assert inbox.rows("zulip_messages", "content_length", "order by message_id") == list(map(len, contents.values()))
    assert inbox.holds("launch code") == []
    assert inbox.holds("Ann"), "the search finds what is there"


def test_each_bad_row_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    soon = datetime.now(UTC) + timedelta(days=2)
    bad = {
        "expected a message object, found varchar": "not a message",
        "expected a message object, found array": [1],
        "expected a message object, found null": None,
        "id: expected a whole number, found nothing": {"timestamp": MONDAY, "sender_full_name": "Ann"},
        "id: expected a whole number, found 1.5": message(1.5),
        "id: expected a whole number, found true": message(True) | {"id": True},
        "id: expected a whole number, found 9999999999999999999": message(9999999999999999999, timestamp=MONDAY),
        "id: expected a whole number, found [1]": message([1]),
        "sender_full_name: missing": message(name=None),
        "sender_full_name: missing ": message(name=" "),
        "timestamp: expected epoch seconds, found nothing": {"id": 1, "sender_full_name": "Ann"},
        "timestamp: expected epoch seconds, found yesterday": message(timestamp="yesterday"),
        "timestamp: expected epoch seconds, found -5": message(timestamp=-5),
        "timestamp: expected epoch seconds, found 1e300": message(timestamp="1e300"),
        "instant before 1990: 1970-01-01 00:00:01": message(timestamp=1),
        "instant in the future: 33658-09-27 01:46:39.5": message(timestamp=999999999999.5),
        f"instant in the future: {soon:%Y-%m-%d %H:%M:%S}": message(timestamp=int(soon.timestamp())),
    }
    rows = [row for place, wrong in enumerate(bad.values()) for row in (message(100 + place), wrong)]
    name = topic_file(STREAM, "hi")
    inbox.put(name, rows)
    inbox.pull()
    account_of = inbox.account(name)
    assert (account_of.rows_read, account_of.rows_loaded) == (2 * len(bad), len(bad))
    entries = inbox.quarantine()
    assert [entry["row"] for entry in entries] == list(range(2, 2 * len(bad) + 1, 2))
    assert [entry["reason"] for entry in entries] == [reason.rstrip() for reason in bad]


GOOD = json.dumps([message(1)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD[:-3], "not valid JSON (cut off?)"),
        (GOOD + GOOD, "not valid JSON (cut off?)"),
        ("[" * 100_000, "not valid JSON (cut off?)"),
        ("", "empty file"),
        (" \n", "empty file"),
        ('{"id": 1}', "expected a JSON list, found object"),
        ("null", "expected a JSON list, found null"),
        (GOOD.encode("utf-16"), UTF_16),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_rest_goes_on(inbox, content, reason):
    inbox.put(topic_file(STREAM, "bad"), content)
    inbox.put(topic_file(STREAM, "good"), [message(2)])
    result = inbox.pull()
    assert inbox.reasons() == {topic_file(STREAM, "bad"): reason}
    assert (result.total("rows_loaded"), result.count("unreadable")) == (1, 1)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_files_cut_or_damaged_anywhere_lose_nothing_silently(tmp_path_factory, data):
    inbox = Inbox(tmp_path_factory.mktemp("zulip"), ZULIP)
    contents = {
        topic_file(STREAM, "hi"): [message(1), message(2, "Bén")],
        "export/messages-000001.json": {"zerver_message": [server_message(3)], "zerver_usermessage": []},
        "export/realm.json": realm(zerver_reaction=[{"id": 1, "user_profile": 10, "message": 3, "emoji_name": "+1"}]),
    }
    for name, content in contents.items():
        text = bytearray(json.dumps(content, ensure_ascii=False).encode())
        if data.draw(st.booleans()):
            del text[data.draw(st.integers(0, len(text))) :]
        for place in data.draw(st.lists(st.integers(0, max(len(text) - 1, 0)), max_size=3)) if text else ():
            text[place] = data.draw(st.integers(0, 255))
        inbox.put(name, bytes(text))
    inbox.put(topic_file(STREAM, "good"), [message(9)])
    result = inbox.pull()
    assert inbox.account(topic_file(STREAM, "good")).rows_loaded == 1
    assert result.total("rows_read") >= 4, "every file is in the account"


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda name: name.strip())
topics = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
stamps = st.integers(631152000, 1_700_000_000)
streams = st.sampled_from(["7-general", "8-two words", "9-ünï", "10-a[b]*"])
communities = st.lists(st.tuples(streams, topics, names, stamps, names), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(communities, st.randoms(use_true_random=False), st.booleans())
def test_any_community_is_read_as_it_was_written(tmp_path_factory, community, random, as_zip):
    """However its rows are shuffled and repeated within files and in a second export that overlaps the first."""
    inbox = Inbox(tmp_path_factory.mktemp("zulip"), ZULIP.replace('"exports"', '"exports/*"'))
    rows = [
        (topic_file(stream, topic), message(number, name, at, text), stream, topic)
        for number, (stream, topic, name, at, text) in enumerate(community)
    ]
    for export in ("first", "second"):
        members: dict[str, list] = {}
        for file, written, *_ in random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else []):
            members.setdefault(file, []).append(written)
        if as_zip:
            write_zip(inbox.exports / f"{export}.zip", members)
        else:
            (inbox.exports / export).mkdir()
            for name, content in members.items():
                inbox.put(f"{export}/{name}", content)
    inbox.pull()
    assert inbox.quarantine() == []
    found = inbox.rows("zulip_messages", f"{MESSAGE}, epoch(_at)")
    assert set(found) == {
        (stream, topic, row["id"], row["sender_full_name"], len(row["content"]), "text", row["timestamp"])
        for _, row, stream, topic in rows
    }
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_an_organizations_own_export_is_read(inbox):
    reaction = {"id": 5, "user_profile": 11, "message": 1, "emoji_name": "tada", "emoji_code": "1f389"}
    dummy = account(12, "Eve", is_active=False)
    users = [
        account(10, role=100),
        account(11, "Ben", is_active=False, last_login=MONDAY + 9.5),
        account(13, "Hook", is_bot=True),
    ]
    inbox.put("export/realm.json", realm(
        zerver_userprofile=users, zerver_userprofile_mirrordummy=[dummy], zerver_reaction=[reaction]
    ))  # fmt: skip
    inbox.put("export/messages-000001.json", {
        "zerver_message": [server_message(1, has_link=True), server_message(2, 11, 101, subject="")],
        "zerver_usermessage": [{"id": 1}],
    })  # fmt: skip
    inbox.put("export/attachment.json", {"zerver_attachment": []})
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows(
        "zulip_server_messages", "message_id, sender_id, recipient_id, topic, content_length, content_type"
    ) == [(1, 10, 100, "hi", 5, "link"), (2, 11, 101, "", 5, "text")]
    assert inbox.rows("zulip_server_messages", "_at")[0] == datetime(2024, 1, 1, 12, 0, 1, 250000)
    flags = "kind, id, full_name, is_bot, is_official, is_active, date_joined is not null, last_login is not null"
    assert inbox.rows("zulip_realm", flags, "where full_name is not null or kind = 'system_bot' order by id") == [
        ("system_bot", 1, None, True, False, True, False, False),
        ("user", 10, "Ann", False, True, True, True, False),
        ("user", 11, "Ben", False, False, False, True, True),
        ("placeholder", 12, "Eve", False, False, False, True, False),
        ("user", 13, "Hook", True, False, True, True, False),
    ]
    assert inbox.rows("zulip_realm", "id, recipient_type, type_id", "where kind = 'recipient' order by id") == [
        (100, 2, 7),
        (101, 1, 10),
    ]
    assert inbox.rows("zulip_realm", "user_id, message_id, emoji", "where kind = 'reaction'") == [(11, 1, "tada/1f389")]
    assert [export.has_member_list for export in Ledger(inbox.home, "zulip").exports()] == [True]
    assert inbox.holds("example.invalid") == [], "addresses are not stored"


@pytest.mark.parametrize("giant", [False, True])
def test_bad_rows_of_an_organizations_own_export(inbox, monkeypatch, giant):
    if giant:
        monkeypatch.setattr(json_objects, "GIANT_BYTES", 0)
    inbox.put("export/realm.json", realm(
        zerver_userprofile=[account(10, id="x"), account(11, date_joined=None), "who", account(12, date_joined=3)],
        zerver_recipient=[{"id": 100, "type": 2}], zerver_reaction=[{"id": 1, "message": 2}],
        zerver_realmauditlog=[
            logged("user_deactivated"), logged(103, None), logged(103, event_time="now"), logged(104, event_time=5), 6,
        ],
    ))  # fmt: skip
    inbox.put("other/realm.json", {"realm": 1})
    inbox.put("export/messages-000001.json", {
        "zerver_message": [
            server_message(1), server_message(2, sender=None), server_message(3, recipient="?"),
            server_message(4, date_sent="now"), 5, server_message(id={}),
        ],
    })  # fmt: skip
    inbox.put("export/messages-000002.json", {"zerver_usermessage": []})
    inbox.pull()
    found = {(entry["file"].split("/", 1)[1], entry["row"]): entry["reason"] for entry in inbox.quarantine()}
    assert found == {
        ("realm.json", 1): "user: id: expected a whole number, found x",
        ("realm.json", 2): "user: date_joined: expected epoch seconds, found nothing",
        ("realm.json", 3): "user: expected an object, found varchar",
        ("realm.json", 4): "user: date_joined: instant before 1990: 1970-01-01 00:00:03",
        ("realm.json", 6): "recipient: type and type_id: expected whole numbers, found 2 and nothing",
        ("realm.json", 7): "reaction: user_profile and message: expected whole numbers, found nothing and 2",
        ("realm.json", 8): "event: event_type: expected a whole number, found user_deactivated",
        ("realm.json", 9): "event: modified_user: expected a whole number, found nothing",
        ("realm.json", 10): "event: event_time: expected epoch seconds, found now",
        ("realm.json", 11): "event: event_time: instant before 1990: 1970-01-01 00:00:05",
        ("realm.json", 12): "event: expected an object, found ubigint",
        ("realm.json", None): "expected a list under zerver_userprofile",
        ("messages-000001.json", 2): "sender: expected an account's number, found nothing",
        ("messages-000001.json", 3): "recipient: expected a whole number, found ?",
        ("messages-000001.json", 4): "date_sent: expected epoch seconds, found now",
        ("messages-000001.json", 5): "expected a message object, found ubigint",
        ("messages-000001.json", 6): "id: expected a whole number, found {}",
        ("messages-000002.json", None): "expected a JSON list under zerver_message, found none",
    }


def test_what_is_observed_depends_on_the_kind_of_export():
    zulip = formats.get("zulip")
    assert zulip.observes(zulip.options({})) == Observes(threads=True)
    assert zulip.observes_in(zulip.options({}), {"zulip_messages": ()}) == Observes(threads=True)
    own = zulip.observes_in(zulip.options({}), {"zulip_realm": (), "zulip_server_messages": ()})
    assert own == Observes(threads=True, reactions=True, joins=True, leaves=True, members=True)


def test_of_what_happened_in_the_organization_only_deactivations_and_returns_are_loaded(inbox):
    """Subscriptions (301), changes of the organization (207) and the creation of accounts (101) are told elsewhere."""
    events = [logged(kind, 11, seconds) for seconds, kind in enumerate((101, 102, 103, 104, 106, 120, 207, 301, 303))]
    inbox.put("export/realm.json", realm(zerver_realmauditlog=[*events, logged(103, 10, 20.5, backfilled=True)]))
    inbox.pull()
    assert inbox.quarantine() == []
    noon = datetime.fromtimestamp(MONDAY, UTC).replace(tzinfo=None)
    assert inbox.rows(
        "zulip_realm", "_at, user_id, event_type, is_backfilled", "where kind = 'event' order by all"
    ) == [
        (noon + timedelta(seconds=1), 11, 102, False),
        (noon + timedelta(seconds=2), 11, 103, False),
        (noon + timedelta(seconds=3), 11, 104, False),
        (noon + timedelta(seconds=20.5), 10, 103, True),
    ]


def test_of_the_copies_in_the_latest_archive_the_one_in_the_last_file_holds(tmp_path):
    """Also where that file is unchanged since the archive before: message 2 replies in the topic it was moved to."""
    inbox = Inbox(tmp_path / "community", ZULIP.replace('"exports"', '"exports/*"'))
    first, second = message(1, "Ann"), message(2, "Ben")
    for export in ("1", "2"):
        inbox.put(f"{export}/stream_index.json", {"streams": {}})
        inbox.put(f"{export}/{STREAM}/moved.json", [first, second])
    inbox.put(f"2/{STREAM}/before.json", [second, message(3, "Cem", MONDAY + 9 * 86400)])
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 1)], "int_interactions")
    assert looked_at(
        community, "select content_id, interaction_type, thread_id from canonical.int_interactions order by 1"
    ) == [("1", "post", "7/moved"), ("2", "reply", "7/moved"), ("3", "post", "7/before")]
