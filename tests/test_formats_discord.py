"""Discord exports: every row is loaded or quarantined with its reason, and the figures of a small server by hand."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import formats
from tests.computed import computed, looked_at, pulled
from tests.exports_in.discord_export import SOURCE, author, channel, message, reaction
from tests.exports_in.inbox import Inbox


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", SOURCE)


def test_a_message_is_read_with_all_that_figures_need(inbox):
    inbox.put(
        "Guild - Text - general [10].json",
        channel(
            message(content="漢字🙂", author=author("7", "ann", roles=["Moderator"])),
            message("101", "2", "2024-01-01T14:30:00.5+02:00", reply_to="100"),
            message("102", "3", type="Default", reference={"type": "Forward", "messageId": "5", "channelId": "6"}),
        ),
    )
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded")) == (3, 3)
    assert inbox.rows(
        "discord_messages",
        "_at, channel_id, channel_type, parent_channel_id, message_id, type, author_id, author_name, text_length,"
        " reference_type, reference_channel_id, reference_message_id",
        "order by message_id",
    ) == [
        (datetime(2024, 1, 1, 12), "10", "GuildTextChat", "5", "100", "Default", "7", "Ann", 3, None, None, None),
        (
            datetime(2024, 1, 1, 12, 30, 0, 500000),
            *("10", "GuildTextChat", "5", "101", "Reply", "2", "User2", 5, None, None, "100"),
        ),
        (datetime(2024, 1, 1, 12), "10", "GuildTextChat", "5", "102", "Default", "3", "User3", 5, "Forward", "6", "5"),
    ]
    described = inbox.described("discord_messages")
    types = formats.get("discord").tables["discord_messages"]
    assert {name: described[name].replace('"', "") for name in types} == types


def test_what_a_message_says_is_not_stored(inbox):
    secret = "the launch code is 0000"
    inbox.put("a.json", channel(message(content=secret, embeds=[{"title": secret, "description": secret}])))
    inbox.pull()
    assert inbox.holds("launch code") == []
    assert inbox.holds("User1"), "the search finds what is there"


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"attachments": [{"fileName": "Photo.JPG"}, {"fileName": "b.mp4"}]}, "image"),
        ({"attachments": [{"fileName": "b.mp4"}], "content": "https://x"}, "video"),
        ({"attachments": [{"fileName": "voice-message.ogg"}]}, "audio"),
        ({"attachments": [{"fileName": "plan.pdf"}]}, "file"),
        ({"attachments": [{"fileName": "noending"}]}, "file"),
        ({"stickers": [{"id": "1", "name": "wave"}], "content": ""}, "image"),
        ({"embeds": [{"url": "https://example.org"}]}, "link"),
        ({"content": "see https://example.org"}, "link"),
        ({"embeds": [{"title": "from a bot", "url": None}]}, "text"),
        ({}, "text"),
    ],
)
def test_content_is_what_is_attached_first_then_a_link_then_text(inbox, more, kind):
    inbox.put("a.json", channel(message(**more)))
    inbox.pull()
    assert inbox.rows("discord_messages", "content_type") == [kind]


def test_roles_of_the_config_make_official(inbox):
    inbox.configure(SOURCE + "official_roles = [\"Mod's\", 'Owner']\n")
    rows = [message("1", author=author("1", roles=["Mod's", "Fan"])), message("2", author=author("2", roles=["Fan"]))]
    inbox.put("a.json", channel(*rows, message("3", author={"id": "3", "name": "x"})))
    inbox.pull()
    assert inbox.rows("discord_messages", "author_id, is_official") == [("1", True), ("2", False), ("3", False)]


def test_files_of_other_kinds_and_of_members_are_left_alone(inbox):
    inbox.put("a.json", channel(message()))
    inbox.put("a.json_Files/data-1234.json", {"sent": "by a member"})
    inbox.put("a.html", "<html>")
    inbox.put("._a.json", b"\x00\x05\x16\x07")
    result = inbox.pull()
    assert (result.count("loaded"), result.count("unused"), inbox.quarantine()) == (1, 3, [])


def test_old_versions_count_reactions_without_users():
    discord = formats.get("discord")
    assert discord.observes(discord.options({})).reactions
    old = discord.observes(discord.options({"reaction_users": False}))
    assert (old.reactions, old.reaction_counts, old.threads, old.views, old.members) == (
        False,
        True,
        True,
        False,
        False,
    )


def test_each_bad_row_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    soon = datetime.now(UTC) + timedelta(days=3)
    wrong_reactions = "reactions: expected a list of emojis, each with a count and users"
    bad = [
        ("expected a message object, found varchar", "x"),
        ("expected a message object, found array", [1]),
        ("expected a message object, found null", None),
        ("id: missing", message("")),
        ("id: missing", {k: v for k, v in message().items() if k != "id"}),
        ("type: missing", message(type=None)),
        ("timestamp: missing", message(timestamp=None)),
        ("timestamp: expected an instant with an offset, found 2024-01-01T12:00:00", message(at="2024-01-01T12:00:00")),
        (
            "timestamp: expected an instant with an offset, found 2024-01-01T12:00:00+15:00",
            message(at="2024-01-01T12:00:00+15:00"),
        ),
        ("timestamp: expected an instant with an offset, found 1704110400", message(timestamp=1704110400)),
        (
            "timestamp: expected an instant with an offset, found 2024-13-01T12:00:00Z",
            message(at="2024-13-01T12:00:00Z"),
        ),
        (
            "timestamp: expected an instant with an offset, found 2024-01-01T12:00:00+15:00",
            message(at="2024-01-01T12:00:00+15:00"),
        ),
        ("author.id: missing", message(author=None)),
        ("author.id: missing", message(author="ann")),
        ("author.id: missing", message(author={"id": "", "name": "ann"})),
        (wrong_reactions, message(reactions="many")),
        (wrong_reactions, message(reactions=[{"emoji": {"name": "x"}, "count": "x", "users": []}])),
        (wrong_reactions, message(reactions=[{"emoji": {"name": "x"}, "count": -1}])),
        (wrong_reactions, message(reactions=[{"count": 1}])),
        (wrong_reactions, message(reactions=[reaction("x") | {"users": [{"name": "ann"}]}])),
        ("instant before 1990: 1989-12-31 23:59:59", message(at="1990-01-01T01:59:59+02:00")),
        (f"instant in the future: {soon:%Y-%m-%d} 12:00:00", message(at=f"{soon:%Y-%m-%d}T12:00:00+00:00")),
    ]
    good = message("1" * 18, reactions=None, embeds=None, mentions="?", attachments={}, stickers=7, roles=[1])
    inbox.put("a.json", channel(*(row for _, wrong in bad for row in (good, wrong))))
    inbox.pull()
    account = inbox.account("a.json")
    assert (account.rows_read, account.rows_loaded, account.rows_quarantined) == (2 * len(bad), len(bad), len(bad))
    assert [(e["row"], e["reason"]) for e in inbox.quarantine()] == [
        (2 * i + 2, reason) for i, (reason, _) in enumerate(bad)
    ]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({"channel": None}, "channel.id: missing"),
        ({"channel": {"id": ""}}, "channel.id: missing"),
        ({"guild": 1}, None),
    ],
)
def test_a_file_without_its_channel_is_told_row_by_row(inbox, head, reason):
    inbox.put("a.json", channel(message(), message("101")) | head)
    inbox.pull()
    assert [e["reason"].removesuffix(" at the head of the file") for e in inbox.quarantine()] == [reason] * 2 * bool(
        reason
    )


HOSTILE = [
    "it's",
    "'; drop table x; --",
    'say "hi"',
    "two\nlines",
    "<script>",
    "漢字 🙂",
    " ",
    "\u2028",
    "{a}",
    "%s",
    "a:b",
]


def test_hostile_names_are_names_and_nothing_else(inbox):
    rows = [message(name, author=author(name, name), type=name, reply_to=name) for name in HOSTILE]
    inbox.put("a.json", channel(*rows, native_id="'; drop", kind="[x]"))
    inbox.pull()
    assert set(inbox.rows("discord_messages", "author_id, message_id, reference_message_id")) == {
        (name, name, name) for name in HOSTILE
    }


GOOD = json.dumps(channel(message(content="é"), message("101"))).encode()


def test_a_file_cut_off_anywhere_is_told_and_the_rest_goes_on(inbox):
    inbox.put("good.json", GOOD)
    cuts = range(1, len(GOOD), 7)
    for cut in cuts:
        inbox.put(f"cut/{cut:04}.json", GOOD[:cut])
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.count("unreadable")) == (2, len(cuts))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"[]", "expected a JSON list under messages, found none"),
        (b'{"messages": {"id": 1}}', "expected a JSON list under messages, found object"),
        (b'{"messages": [' + b"[" * 100_000, "not valid JSON (cut off?)"),
        (GOOD.replace(b"\\u00e9", b"\xe9"), "not UTF-8 text"),
    ],
)
def test_a_file_that_is_something_else_is_told(inbox, content, reason):
    inbox.put("a.json", content)
    inbox.put("b.json", GOOD)
    inbox.pull()
    assert inbox.account("a.json").reason.startswith(reason)
    assert inbox.account("b.json").rows_loaded == 2


ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
accounts = st.sampled_from(["1", "2", "3", "ü'\"", "4:5"])
instants = st.datetimes(datetime(1991, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
posts = st.fixed_dictionaries(
    {
        "user": accounts,
        "at": instants.map(datetime.isoformat),
        "type": st.sampled_from(["Default", "Reply", "GuildMemberJoin", "46"]),
        "content": st.text(st.characters(codec="utf-8"), max_size=12),
        "reactions": st.lists(
            st.builds(lambda emoji, users, more: reaction(emoji, *users, count=len(users) + more),
                      ids, st.lists(accounts, max_size=3), st.integers(0, 3)),
            max_size=2,
        ),
    }
)  # fmt: skip
servers = st.dictionaries(ids, st.dictionaries(ids, posts, max_size=6), max_size=3)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(servers, st.randoms(use_true_random=False))
def test_any_server_is_read_as_it_was_written(tmp_path_factory, server, random):
    """However its messages are spread over files, shuffled, and repeated in a second export."""
    inbox = Inbox(tmp_path_factory.mktemp("discord"), SOURCE.replace('"exports"', '"exports/*"'))
    for export in ("first", "second"):
        (inbox.exports / export).mkdir()
        for number, (channel_id, posted) in enumerate(server.items()):
            rows = [message(native_id, **post) for native_id, post in posted.items()]
            rows = random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else [])
            cut = random.randint(0, len(rows))
            inbox.put(f"{export}/{number}.json", channel(*rows[:cut], native_id=channel_id))
            inbox.put(f"{export}/{number} [part 2].json", channel(*rows[cut:], native_id=channel_id))
    inbox.pull()
    assert inbox.quarantine() == []
    found = inbox.rows(
        "discord_messages", "channel_id, message_id, author_id, type, text_length, _at, to_json(reactions)"
    )
    assert {(*row[:6], json.dumps(json.loads(row[6]))) for row in found} == {
        (
            channel_id, native_id, post["user"], post["type"], len(post["content"]),
            datetime.fromisoformat(post["at"]).replace(tzinfo=None),
            json.dumps([
                {"emoji": r["emoji"]["name"], "quantity": r["count"],
                 "users": [{"user_id": u["id"], "user_name": u["nickname"], "is_bot": False} for u in r["users"]]}
                for r in post["reactions"]
            ]),
        )
        for channel_id, posted in server.items()
        for native_id, post in posted.items()
    }  # fmt: skip
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_the_figures_of_a_small_server_are_those_worked_out_by_hand(tmp_path):
    """Two weeks, from an export of each; the second repeats the first week with a reaction more."""
    first = [
        message("100", "1", "2024-01-01T10:00:00+00:00", reactions=[reaction("x", "2")]),
        message("101", "2", "2024-01-01T10:30:00+00:00", reply_to="100"),
        message("102", "3", "2024-01-03T10:00:00+00:00", type="GuildMemberJoin"),
        message("103", "9", "2024-01-03T10:00:01+00:00", author=author("9", "Robot", is_bot=True)),
    ]
    later = [first[0] | {"reactions": [reaction("x", "2", "4", count=7)]}, *first[1:]]
    second = [
        message("104", "1", "2024-01-08T09:00:00+00:00"),
        message("105", "1", "2024-01-08T09:01:00+00:00", reference={"type": "Forward", "messageId": "1"}),
        message("106", "3", "2024-01-14T23:59:59+00:00", reply_to="101"),
    ]
    inbox = Inbox(tmp_path / "community", SOURCE.replace('"exports"', '"exports/*"'))
    inbox.put("january 1/general.json", channel(*first))
    inbox.put("january 2/general.json", channel(*later))
    inbox.put("january 2/general [part 2].json", channel(*second))
    inbox.put("january 2/help.json", channel(message("200", "4", "2024-01-09T09:00:00+00:00"), native_id="20"))
    inbox.put(
        "january 2/thread.json",
        channel(
            message("201", "2", "2024-01-09T10:00:00+00:00"), native_id="200", kind="GuildPublicThread", parent="20"
        ),
    )
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 1), date(2024, 1, 8)], "report_activity", "sources")
    # Week 1: ann posts, ben replies and reacts, cem joins, dan reacts. Week 2: ann posts and passes on, cem replies,
    # dan posts, ben replies in the thread. The robot counts nowhere.
    assert looked_at(
        community,
        "select week_start::varchar, members, new_members, active_members, posts, replies, shares, reactions,"
        " new_active, retained, resurrected, dormant, members_join_inferred from reports.report_activity"
        " where source = 'discord' order by week_start",
    ) == [("2024-01-01", 4, 4, 3, 1, 1, 0, 2, 3, 0, 0, 0, 3), ("2024-01-08", 4, 0, 4, 2, 2, 1, 0, 1, 3, 0, 0, 3)]
    assert looked_at(community, "select observes_reactions, observes_joins, observes_threads from reports.sources") == [
        (True, False, True)
    ]


def test_what_deleted_accounts_wrote_is_content_and_nobodys(tmp_path):
    """Discord gives many of them one id, under which they would be the most active member of all."""
    deleted = "456226577798135808"
    inbox = Inbox(tmp_path / "community", SOURCE)
    inbox.put(
        "general.json",
        channel(
            message("100", deleted, reactions=[reaction("x", "2", deleted, count=2)]),
            message("101", "1", reply_to="100"),
            message("102", deleted, type="GuildMemberJoin"),
        ),
    )
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 1)], "int_interactions", "int_members", "int_content_statistics")
    assert looked_at(
        community,
        "select content_id, interaction_type, member_id, target_member_id from canonical.int_interactions order by all",
    ) == [
        ("10/100", "post", None, None),
        ("10/100", "reaction", "discord:2", None),
        ("10/101", "reply", "discord:1", None),
    ]
    assert looked_at(community, "select member_id from canonical.int_members order by 1") == [
        ("discord:1",),
        ("discord:2",),
    ]
    found = looked_at(community, "select content_id, statistic, quantity from canonical.int_content_statistics")
    assert found == [("10/100", "reaction", 1)]


def test_what_a_bots_answer_to_a_command_gets_is_not_received(tmp_path):
    """Named or counted alone; what a member's message gets is, also where it is no content (the announced joining)."""
    robot = author("9", "Robot", is_bot=True)
    inbox = Inbox(tmp_path / "community", SOURCE)
    inbox.put(
        "general.json",
        channel(
            message("100", "1"),
            message("101", "9", author=robot, type="20", reactions=[reaction("x", "1", count=3)]),
            message("102", "2", type="GuildMemberJoin", reactions=[reaction("x", "1", count=5)]),
        ),
    )
    community = pulled(inbox.config_file)
    computed(community, [date(2024, 1, 1)], "int_engagements")
    assert looked_at(
        community,
        "select content_id, author_id, actor_id, quantity, is_received, is_received_in_all"
        " from canonical.int_engagements order by all",
    ) == [
        ("10/101", "discord:9", "discord:1", 1, False, False),
        ("10/101", "discord:9", None, 2, False, False),
        ("10/102", "discord:2", "discord:1", 1, True, True),
        ("10/102", "discord:2", None, 4, True, True),
    ]
