"""Telegram exports: every row is loaded or quarantined with its reason, and the figures of a small group by hand."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import formats
from orchestration.formats import json_files
from tests.computed import computed, looked_at, pulled
from tests.exports_in.inbox import Inbox
from tests.exports_in.telegram_export import NOON, SOURCE, account, chat, message, reaction, service

HOUR = timedelta(hours=1)
NAIVE_NOON = NOON.replace(tzinfo=None)


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", SOURCE)


def test_a_chat_is_read_with_all_that_figures_need(inbox):
    text = ["漢字", {"type": "bold", "text": "🙂"}, "!"]
    inbox.put(
        "result.json",
        chat(
            message(1, text=text),
            message(2, "channel10", NOON + HOUR, reply_to=1, reply_to_peer_id="channel77", forwarded_from="Somebody"),
            service(3, "invite_members", members=["Ben", None]),
        ),
    )
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded")) == (3, 3)
    columns = (
        "_at, chat_id, chat_type, message_id, type, action, account_id, account_name, reply_to_chat_id,"
        " reply_to_message_id, is_forwarded, text_length, member_names"
    )
    group = ("10", "private_supergroup")
    later = NAIVE_NOON + HOUR
    assert inbox.rows("telegram_messages", columns, "order by message_id") == [
        (NAIVE_NOON, *group, 1, "message", None, "user1", "Name of user1", "10", None, False, 4, []),
        (later, *group, 2, "message", None, "channel10", "Name of channel10", "77", 1, True, 5, []),
        (
            NAIVE_NOON,
            *group,
            3,
            "service",
            "invite_members",
            "user1",
            "Name of user1",
            "10",
            None,
            False,
            0,
            ["Ben", None],
        ),
    ]
    described = inbox.described("telegram_messages")
    types = formats.get("telegram").tables["telegram_messages"]
    assert {name: described[name].replace('"', "") for name in types} == types


def test_what_a_message_says_is_not_stored(inbox):
    secret = "the launch code is 0000"
    poll = {"question": secret, "answers": [{"text": secret, "voters": 1}]}
    inbox.put("result.json", chat(message(text=secret, text_entities=[{"text": secret}], poll=poll, file=secret)))
    inbox.pull()
    assert inbox.holds("launch code") == []
    assert inbox.holds("Name of user1"), "the search finds what is there"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"photo": "photos/1.jpg", "file": "x"}, "image"),
        ({"photo": "(File not included. Change data exporting settings to download.)"}, "image"),
        ({"file": "x.webp", "media_type": "sticker"}, "image"),
        ({"file": "x", "media_type": "animation", "mime_type": "video/mp4"}, "video"),
        ({"file": "x", "media_type": "voice_message"}, "audio"),
        ({"file": "x", "mime_type": "image/png"}, "image"),
        ({"file": "x", "mime_type": "application/pdf"}, "file"),
        ({"poll": {"question": "?"}}, "poll"),
        ({"text": ["see ", {"type": "link", "text": "https://x"}]}, "link"),
        ({"text_entities": [{"type": "text_link", "text": "here", "href": "https://x"}]}, "link"),
        ({}, "text"),
    ],
)
def test_content_is_a_medium_then_a_poll_then_a_link_then_text(inbox, more, kind):
    inbox.put("result.json", chat(message(**more)))
    inbox.pull()
    assert inbox.rows("telegram_messages", "content_type") == [kind]


@pytest.mark.parametrize("at_once", [1, 64 << 20])
def test_the_chats_of_an_account_are_read_as_one_by_one(inbox, monkeypatch, at_once):
    monkeypatch.setattr(json_files, "_PIECES_BYTES", at_once)
    chats = [chat(message(1), message(2)), chat(message(1), native_id=11, kind="personal_chat")]
    inbox.put("result.json", account(*chats, left=(chat(message(5), native_id=12), chat(native_id=13))))
    inbox.pull()
    assert inbox.rows("telegram_messages", "_row, chat_id, chat_type, message_id", "order by _row") == [
        (1, "10", "private_supergroup", 1),
        (2, "10", "private_supergroup", 2),
        (3, "11", "personal_chat", 1),
        (4, "12", "private_supergroup", 5),
    ]


def test_a_chat_of_an_account_without_messages_is_told(inbox):
    inbox.put("result.json", account(chat(message(1)), {"name": "Broken", "id": 5}, "no chat", chat(message(2))))
    inbox.pull()
    assert inbox.rows("telegram_messages", "_row, message_id", "order by _row") == [(1, 1), (4, 2)]
    reason = "a chat without messages: expected a JSON list under messages, found none"
    assert inbox.reasons() == {2: reason, 3: reason}


def test_old_files_have_dates_without_a_zone_and_accounts_as_numbers(inbox):
    old = {"id": 1, "type": "message", "date": "2019-07-01T12:00:00", "from": "Ann", "from_id": 4815, "text": "x"}
    inbox.put("result.json", chat(old))
    inbox.pull()
    assert inbox.rows("telegram_messages", "_at, account_id") == [(datetime(2019, 7, 1, 12), "user4815")]
    other = Inbox(inbox.folder / "zone", SOURCE + 'timezone = "Europe/Berlin"\n')
    other.put("result.json", chat(old))
    other.pull()
    assert other.rows("telegram_messages", "_at") == [datetime(2019, 7, 1, 10)]


def test_reactions_are_dated_in_the_computers_time(inbox):
    """Which the two dates of their message tell, unless the config names a zone."""
    shown = [reaction("x", ("user2", NOON + HOUR), ("user3", NOON + 2 * HOUR), count=9, offset=-5)]
    inbox.put("result.json", chat(message(1, offset=-5, reactions=shown)))
    inbox.pull()
    assert inbox.rows("telegram_messages", "reactions") == [
        [
            {
                "emoji": "x",
                "quantity": 9,
                "users": [
                    {"account_id": f"user{n}", "account_name": f"Name of user{n}", "reacted_at": NAIVE_NOON + after}
                    for n, after in ((2, HOUR), (3, 2 * HOUR))
                ],
            }
        ]
    ]
    other = Inbox(inbox.folder / "zone", SOURCE + 'timezone = "Asia/Kolkata"\n')
    other.put("result.json", chat(message(1, offset=-5, reactions=shown)))
    other.pull()
    assert other.rows("telegram_messages", "_at, reactions[1].users[1].reacted_at") == [
        (NAIVE_NOON, NAIVE_NOON + HOUR - timedelta(hours=10, minutes=30))
    ]


def test_reactions_of_every_kind_are_kept(inbox):
    kinds = [
        {"type": "custom_emoji", "count": 1, "document_id": "5368", "recent": [{"from": None, "from_id": None}]},
        {"type": "paid", "count": 3},
        reaction("x", ("user2", NOON)) | {"recent": [{"from": "Ben", "from_id": "user2", "date": "soon"}]},
        reaction("y") | {"recent": [{"from": "Ben", "from_id": "user2", "date": "2999-01-01T00:00:00"}]},
    ]
    inbox.put("result.json", chat(message(1, reactions=kinds)))
    inbox.pull()
    ben = {"account_id": "user2", "account_name": "Ben", "reacted_at": None}
    assert inbox.rows("telegram_messages", "reactions") == [
        [
            {"emoji": "5368", "quantity": 1, "users": []},
            {"emoji": "paid", "quantity": 3, "users": []},
            {"emoji": "x", "quantity": 1, "users": [ben]},
            {"emoji": "y", "quantity": 0, "users": [ben]},
        ]
    ]


@pytest.mark.parametrize("whole_account", [False, True])
def test_control_characters_as_telegram_writes_them_are_read(inbox, whole_account):
    r"""`\x0B` is no JSON; `\\x0B` is a backslash, and text."""
    written = chat(message(1, text="a@b"), message(2, text="c\\x0Bd"), message(3, text="e\\@\\"))
    text = json.dumps(account(written) if whole_account else written).replace("@", "\\x0B\\x1F")
    inbox.put("result.json", text)
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("telegram_messages", "text_length", "order by message_id") == [4, 6, 5]


def test_files_that_members_sent_are_left_alone(inbox):
    inbox.put("ChatExport/result.json", chat(message()))
    inbox.put("ChatExport/files/data.json", {"sent": "by a member"})
    inbox.put("ChatExport/photos/1.jpg", b"\xff\xd8")
    inbox.put("files/result.json", chat(message(2)))
    inbox.put("renamed.json", chat(message(3)))
    result = inbox.pull()
    assert (result.count("loaded"), result.count("unused"), inbox.quarantine()) == (3, 2, [])


def test_what_a_channel_says_without_a_name_it_says_itself(inbox):
    rows = [{key: value for key, value in message().items() if not key.startswith("from")}]
    inbox.put("a.json", chat(*rows, kind="public_channel", native_id=42))
    inbox.put("b.json", chat(*rows, native_id=43))
    inbox.pull()
    assert inbox.rows("telegram_messages", "chat_id, account_id") == [("42", "channel42"), ("43", None)]


def test_each_bad_row_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    soon = datetime.now(UTC) + timedelta(days=3)
    wrong_reactions = "reactions: expected a list of emojis, each with a count"
    bad = [
        ("expected a message object, found varchar", "x"),
        ("expected a message object, found null", None),
        ("id: missing", message(None)),
        ("id: expected a number, found one", message("one")),
        ("id: expected a number, found 99999999999999999999", message(99999999999999999999)),
        ("a kind of message that Telegram Desktop could not export, nor date", {"id": 1, "type": "unsupported"}),
        ("type: expected message or service, found sticker", message(type="sticker")),
        ("type: expected message or service, found nothing", message(type=None)),
        ("date_unixtime: missing", message(date=None, date_unixtime=None)),
        ("date_unixtime: expected epoch seconds, found soon", message(date_unixtime="soon")),
        ("date_unixtime: expected epoch seconds, found -1", message(date_unixtime=-1)),
        ("date: expected an instant, found yesterday", message(date="yesterday", date_unixtime=None)),
        (wrong_reactions, message(reactions="many")),
        (wrong_reactions, message(reactions=[1])),
        (wrong_reactions, message(reactions=[{"type": "emoji", "emoji": "x"}])),
        (wrong_reactions, message(reactions=[{"count": 1}])),
        ("instant before 1990: 1970-01-01 00:00:00", message(date_unixtime="0")),
        (f"instant in the future: {soon:%Y-%m-%d %H:%M:%S}", message(at=soon)),
    ]
    good = message(text=None, text_entities="x", members=7, reactions=None, mime_type=5, reply_to_peer_id="me")
    inbox.put("result.json", chat(*(row for _, wrong in bad for row in (good, wrong))))
    inbox.pull()
    found = inbox.account("result.json")
    assert (found.rows_read, found.rows_loaded, found.rows_quarantined) == (2 * len(bad), len(bad), len(bad))
    assert [(e["row"], e["reason"]) for e in inbox.quarantine()] == [
        (2 * i + 2, reason) for i, (reason, _) in enumerate(bad)
    ]


HOSTILE = ["it's", "'; drop table x; --", 'say "hi"', "two\nlines", "<script>", "漢字 🙂", "\u2028", "{a}", "%s", "a:b"]


def test_hostile_names_are_names_and_nothing_else(inbox):
    rows = [message(i, name, **{"from": name}) for i, name in enumerate(HOSTILE)]
    inbox.put("result.json", account(chat(*rows, native_id="'; drop", kind="[x]")))
    inbox.pull()
    assert set(inbox.rows("telegram_messages", "account_id, account_name")) == {(name, name) for name in HOSTILE}


@pytest.mark.parametrize("whole", [chat(message(text="é")), account(chat(message(text="é")), left=(chat(),))])
def test_a_file_cut_off_anywhere_is_told_and_the_rest_goes_on(inbox, monkeypatch, whole):
    monkeypatch.setattr(json_files, "_PIECES_BYTES", 1)  # so that chats are read before the end is seen to be missing
    written = json.dumps(whole, ensure_ascii=False).encode()
    inbox.put("good/result.json", written)
    cuts = range(1, len(written), 9)
    for cut in cuts:
        inbox.put(f"{cut:04}/result.json", written[:cut])
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.count("unreadable")) == (1, len(cuts))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"[]", "expected a JSON list under messages, found none"),
        (b"{}", "expected a JSON list under messages, found none"),
        (b'{"chats": {"list": {}}}', "expected a JSON list under messages, found none"),
        (b'{"chats": {"list": []}}', "expected a JSON list under messages, found none"),
        (b'{"chats": ' + b"[" * 100_000, "not valid JSON (cut off?)"),
        (json.dumps(account(chat(message()))).encode() + b"x", "not valid JSON (cut off?)"),
        (json.dumps(account(chat(message()))).encode().replace(b"hello", b"h\xe9llo"), "not UTF-8 text"),
    ],
)
def test_a_file_that_is_something_else_is_told(inbox, content, reason):
    inbox.put("a.json", content)
    inbox.put("b.json", chat(message()))
    inbox.pull()
    assert inbox.account("a.json").reason.startswith(reason)
    assert inbox.account("b.json").rows_loaded == 1


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
users = st.sampled_from(["user1", "user2", "user33", "channel10"])
instants = st.integers(int(datetime(1991, 1, 1).timestamp()), int(datetime(2026, 1, 1).timestamp())).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
messages = st.builds(
    lambda user, at, offset, text, shown: {"user": user, "at": at, "offset": offset, "text": text, "reactions": [
        reaction(emoji, *((who, at + timedelta(seconds=after)) for who, after in given), count=count, offset=offset)
        for emoji, given, count in shown
    ]},
    users, instants, st.integers(-11, 12), st.one_of(texts, st.lists(texts, max_size=3)),
    st.lists(
        st.tuples(names, st.lists(st.tuples(users, st.integers(0, 10**7)), max_size=2), st.integers(0, 9)), max_size=2
    ),
)  # fmt: skip
communities = st.dictionaries(
    st.integers(1, 10**12), st.dictionaries(st.integers(1, 10**9), messages, max_size=5), max_size=3
)


def length(text):
    """Characters of a text that may come in parts; None for no parts at all."""
    return len(text) if isinstance(text, str) else sum(map(len, text)) if text else None


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(communities, st.randoms(use_true_random=False))
def test_any_community_is_read_as_it_was_written(tmp_path_factory, community, random):
    """In the export of a whole account, or chat by chat; shuffled, repeated, split over files, and exported twice."""
    inbox = Inbox(tmp_path_factory.mktemp("telegram"), SOURCE.replace('"exports"', '"exports/*"'))
    for export in ("first", "second"):
        chats = []
        for chat_id, written in community.items():
            rows = [message(number, **said) for number, said in written.items()]
            rows = random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else [])
            cut = random.randint(0, len(rows))
            chats += [chat(*rows[:cut], native_id=chat_id), chat(*rows[cut:], native_id=chat_id)]
        (inbox.exports / export).mkdir()
        for number, one in enumerate(chats if export == "first" else [account(*chats, left=tuple(chats[:1]))]):
            inbox.put(f"{export}/{number}/result.json", one)
    inbox.pull()
    nothing = "expected a JSON list under messages, found none"
    assert {entry["reason"] for entry in inbox.quarantine()} <= ({nothing} if not community else set())
    found = inbox.rows("telegram_messages", "chat_id, message_id, account_id, text_length, _at, to_json(reactions)")
    assert {(*row[:5], json.dumps(json.loads(row[5]))) for row in found} == {
        (
            str(chat_id), number, said["user"],
            length(said["text"]),
            said["at"].replace(tzinfo=None),
            json.dumps([
                {"emoji": r["emoji"], "quantity": r["count"], "users": [
                    {"account_id": u["from_id"], "account_name": u["from"], "reacted_at":
                     str(datetime.fromisoformat(u["date"]) - timedelta(hours=said["offset"]))}
                    for u in r.get("recent", [])
                ]}
                for r in said["reactions"]
            ]),
        )
        for chat_id, written in community.items()
        for number, said in written.items()
    }  # fmt: skip
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_the_figures_of_a_small_group_are_those_worked_out_by_hand(tmp_path):
    monday, next_monday = datetime(2024, 1, 1, 10, tzinfo=UTC), datetime(2024, 1, 8, 10, tzinfo=UTC)
    inbox = Inbox(tmp_path / "community", SOURCE)
    inbox.put(
        "result.json",
        chat(
            service(1, "create_group", "user1", monday - timedelta(days=20), members=["Name of user2"]),
            # Of the four who reacted two are named: one on the day, one a week later.
            message(2, "user1", monday, offset=3, reactions=[
                reaction("x", ("user2", monday + HOUR), ("user3", next_monday), count=4, offset=3)
            ]),
            message(3, "user2", monday + HOUR, reply_to=2),
            service(4, "invite_members", "user1", monday + 2 * HOUR, members=["Eve"]),
            message(5, "channel10", monday + 3 * HOUR),
            message(6, "user2", next_monday, forwarded_from="Somebody"),
            service(7, "remove_members", "user1", next_monday + HOUR, members=["Eve"]),
        ),
    )  # fmt: skip
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 1), date(2024, 1, 8)], "report_activity")
    # Members: user1 and user2 founded the group, Eve was invited and removed, user3 appears when reacting.
    assert looked_at(
        community,
        "select week_start::varchar, members, new_members, left_members, active_members, posts, replies, shares,"
        " reactions, new_active, retained, dormant, members_join_inferred from reports.report_activity"
        " where source = 'telegram' and week_start >= '2024-01-01' order by week_start",
    ) == [("2024-01-01", 3, 1, 0, 2, 1, 1, 0, 1, 2, 0, 0, 0), ("2024-01-08", 3, 1, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1)]


def test_a_reaction_that_a_later_export_no_longer_names_stays(tmp_path):
    """Telegram names the latest three who gave an emoji; where it names all, who is gone withdrew the reaction."""
    monday, next_monday = datetime(2024, 1, 1, 10, tzinfo=UTC), datetime(2024, 1, 8, 10, tzinfo=UTC)
    later = [(f"user{number}", next_monday + number * HOUR) for number in (5, 4, 3)]
    inbox = Inbox(tmp_path / "community", SOURCE.replace('"exports"', '"exports/*"'))
    inbox.put(
        "1/result.json",
        chat(
            message(1, "user1", monday, reactions=[reaction("x", ("user2", monday + HOUR))]),
            message(2, "user1", monday, reactions=[reaction("x", ("user6", monday + HOUR))]),
        ),
    )
    inbox.put(
        "2/result.json",
        chat(
            message(1, "user1", monday, reactions=[reaction("x", *later, count=6)]),
            message(2, "user1", monday),
            message(3, "user1", next_monday),
        ),
    )
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 1), date(2024, 1, 8)], "report_activity", "int_content_statistics")
    # user2 is active in the first week; user6 has been seen, and did nothing that lasts.
    assert looked_at(
        community,
        "select week_start::varchar, members, active_members, reactions from reports.report_activity"
        " where source = 'telegram' order by week_start",
    ) == [("2024-01-01", 3, 2, 1), ("2024-01-08", 6, 4, 3)]
    rest = looked_at(community, "select content_id, quantity from canonical.int_content_statistics")
    assert rest == [("10/1", 2)]
