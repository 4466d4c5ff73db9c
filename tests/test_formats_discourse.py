"""Discourse exports: every row is loaded or quarantined with its reason, whatever the files look like."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import formats
from orchestration.exports.lake import Ledger
from orchestration.formats import json_objects
from orchestration.formats.base import Observes
from tests.exports_in.discourse_export import DISCOURSE, iso, post, user, user_list
from tests.exports_in.inbox import UTF_16, Inbox
from tests.exports_in.slack_export import write_zip

POST = "post_id, topic_id, post_number, reply_to_post_number, post_type, user_id, username, is_official"
USER = "user_id, username, joined_at, trust_level, is_official"


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", DISCOURSE)


@pytest.mark.parametrize("packing", ["folder", "zip"])
def test_posts_are_read_in_any_folders(inbox, packing):
    members = {
        "1.json": post(1),
        "posts/2024-01-January/0000000002-ann-the-users-list.json": post(2, post_number=2, reply_to_post_number=1),
        "a/b c/[x]*/3.JSON": post(3, post_number=3, user_id=-1, username="system", staff=True, post_type=3),
        "rendered-topics/1.md": "# hi",
        ".metadata.json": {"last": 1},
    }
    if packing == "zip":
        inbox.configure(DISCOURSE.replace('"exports"', '"exports/archive.zip"'))
        write_zip(inbox.exports / "archive.zip", members)
    else:
        for name, content in members.items():
            inbox.put(name, content)
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded"), result.count("unused")) == (3, 3, 2)
    assert inbox.rows("discourse_posts", POST) == [
        (1, 7, 1, None, 1, 5, "ann", False),
        (2, 7, 2, 1, 1, 5, "ann", False),
        (3, 7, 3, None, 3, -1, "system", True),
    ]
    assert inbox.rows("discourse_posts", "_at") == [datetime(2024, 1, 1, 12, n) for n in (1, 2, 3)]


def test_posts_as_long_as_those_of_a_forum_of_engineers_fit_into_the_working_memory(inbox):
    """Where each JSON function held the texts once more, 32 MB of real posts did not fit into it."""
    words = "<p>" + "a block of transactions " * 300 + "</p>"
    posts = {f"{n}.json": post(n, cooked=words, raw=words, post_number=n) for n in range(1, 2101)}
    inbox.configure(DISCOURSE.replace('"exports"', '"exports/archive.zip"'))
    write_zip(inbox.exports / "archive.zip", posts)
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded")) == (2100, 2100)
    assert inbox.rows("discourse_posts", "min(content_length), max(content_length)") == [(len(words), len(words))]


def test_pages_of_the_api_hold_many_posts(inbox):
    inbox.put("latest.json", {"latest_posts": [post(1), post(2)]})
    inbox.put("topic.json", {"post_stream": {"posts": [post(3)], "stream": [3]}, "id": 7, "title": "x"})
    inbox.put("list.json", [post(4), "x", post(5)])
    inbox.put("none.json", [])
    result = inbox.pull()
    assert inbox.rows("discourse_posts", "post_id") == [1, 2, 3, 4, 5]
    assert result.total("rows_read") == 6
    assert inbox.reasons() == {2: "expected a post object, found varchar"}


@pytest.mark.parametrize(
    ("file", "is_private"),
    [
        ({"post_stream": {"posts": [post()]}, "id": 7, "archetype": "private_message"}, True),
        ({"post_stream": {"posts": [post()]}, "id": 7, "archetype": "regular"}, False),
        ({"post_stream": {"posts": [post(category_id=None, topic_title="t")]}, "archetype": "banner"}, False),
        (post(topic_archetype="private_message"), True),
        (post(topic_archetype="regular"), False),
        ({"private_posts": [post(category_id=None, topic_title="Hi")]}, True),
        (post(category_id=None, topic_title="Hi"), True),
        (post(topic_title="Hi"), False),
        (post(category_id=None), None),
        (post(), None),
    ],
)
def test_posts_of_private_conversations_are_told(inbox, file, is_private):
    """Pages of a topic, webhooks, and whatever says a title say so; a post alone does not."""
    inbox.put("posts.json", file)
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("discourse_posts", "post_id, is_private") == [(1, is_private)]


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("posts/1.json", "discourse_posts"),
        ("0000000002-user-users.json", "discourse_posts"),
        ("users/ann.json", "discourse_users"),
        ("Users/1.json", "discourse_users"),
        ("u/ann.json", "discourse_users"),
        ("users.json", "discourse_users"),
        ("users-2.json", "discourse_users"),
        ("directory_items.json", "discourse_users"),
        ("user_list.csv", "discourse_users"),
        ("user-list-240101-120000-3.csv", "discourse_users"),
        ("users/list.txt", None),
        ("staff_action.csv", None),
        (".metadata.json", None),
        ("posts/._1.json", None),
    ],
)
def test_files_are_told_by_their_names(name, table):
    assert formats.get("discourse").table_of(name, None) == table


@pytest.mark.parametrize(
    ("reactions", "actions", "found"),
    [
        ([], [], (None, None)),
        ([{"id": "+1", "type": "emoji", "count": 2}, {"id": "eyes", "count": 1}], [{"id": 2, "count": 2}], (3, 2)),
        ([], [{"id": 2, "count": 1}, {"id": 3, "count": 5}], (None, 1)),
        (None, [{"id": 2, "count": 4, "can_undo": False}], (None, 4)),
        (None, None, (None, None)),
        ([{"id": "heart", "count": 0}], [{"id": 2}], (0, None)),
    ],
)
def test_reactions_and_likes_are_kept_apart(inbox, reactions, actions, found):
    inbox.put("1.json", post(1, reactions=reactions, actions_summary=actions))
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("discourse_posts", "reactions, likes") == [found]


def test_what_a_post_says_is_not_stored_only_how_long_it_is_and_what_it_shows(inbox):
    secret = "the launch code is 0000"
    contents = {
        "text": f'<p>{secret} <a class="mention" href="/u/ann">@ann</a> <img src="x" class="emoji"></p>',
        "link": f'<aside class="quote"><img src="x" class="avatar"></aside><a href="https://example.org">{secret}</a>',
        "image": f'<p>{secret} <img src="a.png" class="emoji only-emoji"><img src="https://example.org/b.png"></p>',
        "video": f"<p>{secret}</p><video></video>",
        "poll": f'<p>{secret}</p><div class="poll"></div>',
    }
    for number, text in enumerate(contents.values()):
        inbox.put(f"{number}.json", post(number, cooked=text, raw=secret, excerpt=secret, topic_title=secret))
    inbox.put("9.json", {key: value for key, value in post(9).items() if key not in ("raw", "cooked")})
    inbox.pull()
    assert inbox.rows("discourse_posts", "content_type", "order by post_id") == [*contents, "text"]
    assert inbox.rows("discourse_posts", "content_length", "order by post_id") == [23] * 5 + [None]
    assert inbox.holds("launch code") == []


def test_each_bad_post_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    soon = datetime.now(UTC) + timedelta(days=2)

    def without(key):
        return {name: value for name, value in post(1).items() if name != key}

    a_user = "a user, or cut short: no post_number (lists of users belong into a folder called users)"
    bad = {
        "expected a post object, found varchar": "not a post",
        "expected a post object, found null": None,
        "id: expected a whole number, found nothing": without("id"),
        "id: expected a whole number, found 1.5": post(1.5),
        "id: expected a whole number, found {}": post({}),
        "topic_id: expected a whole number, found x": post(topic_id="x"),
        "post_number: expected a whole number, found [1]": post(post_number=[1], username=None),
        a_user: user(5),
        a_user + " ": {"user": user(5)},
        "post_type: expected a whole number, found a": post(post_type="a"),
        "user_id: missing": without("user_id"),
        "user_id: expected a whole number, found ann": post(user_id="ann"),
        "created_at: expected an instant, found nothing": without("created_at"),
        "created_at: expected an instant, found yesterday": post(created_at="yesterday"),
        "created_at: expected an instant, found 2024-13-01T00:00:00.000Z": post(created_at="2024-13-01T00:00:00.000Z"),
        "updated_at: expected an instant, found later": post(updated_at="later"),
        "reactions: expected a list with counts": post(reactions="many"),
        "reactions: expected a list with counts ": post(reactions=[{"id": "+1"}]),
        "actions_summary: expected a list": post(actions_summary=3),
        f"reactions: cannot be that many, {2 * (2**63 - 1)}": post(reactions=[{"count": 2**63 - 1}] * 2),
        "reactions: cannot be that many, -1": post(actions_summary=[{"id": 2, "count": -1}]),
        "instant before 1990: 1989-12-31 00:00:00": post(created_at="1989-12-31T00:00:00.000Z"),
        f"instant in the future: {soon:%Y-%m-%d %H:%M:00}": post(created_at=soon.strftime("%Y-%m-%dT%H:%M:00Z")),
    }
    inbox.put("posts.json", [row for place, wrong in enumerate(bad.values()) for row in (post(100 + place), wrong)])
    inbox.pull()
    account = inbox.account("posts.json")
    assert (account.rows_read, account.rows_loaded) == (2 * len(bad), len(bad))
    entries = inbox.quarantine()
    assert [entry["row"] for entry in entries] == list(range(2, 2 * len(bad) + 1, 2))
    assert [entry["reason"] for entry in entries] == [reason.rstrip() for reason in bad]


def test_posts_of_nobody_and_posts_that_say_less_still_count(inbox):
    bare = {"id": 2, "topic_id": 7, "post_number": 2, "user_id": 5, "created_at": "2024-01-01T12:00:00Z"}
    inbox.put("1.json", post(1, user_id=None, username=None))
    inbox.put("2.json", bare)
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("discourse_posts", "post_id, user_id, post_type, is_official, updated_at") == [
        (1, None, 1, False, datetime(2024, 1, 1, 12, 1)),
        (2, 5, 1, False, datetime(2024, 1, 1, 12)),
    ]


USERS = [user(5, username="ann"), user(6, username='b"e, a', admin=True), user(-1, username="system", moderator=True)]
READ = [
    (-1, "system", datetime(2023, 12, 31, 10), 2, True),
    (5, "ann", datetime(2023, 12, 31, 10), 2, False),
    (6, 'b"e, a', datetime(2023, 12, 31, 10), 2, True),
]


@pytest.mark.parametrize(
    "members",
    [
        {"user_list.csv": user_list(USERS)},
        {"user_list.csv": "\ufeff" + user_list(USERS).replace("\n", "\r\n")},
        {"user-list-240101.csv": user_list(USERS[:1]), "users/more.json": USERS[1:]},
        {f"users/{row['id']}.json": {"user": row, "user_badges": []} for row in USERS},
        {f"u/{row['id']}.json": row for row in USERS},
        {"users.json": USERS},
        {"members.json": {"users": USERS}},
        {"directory_items.json": {"directory_items": [{"id": row["id"], "user": row} for row in USERS], "meta": {}}},
    ],
)
def test_users_are_read_from_every_kind_of_list(inbox, members):
    inbox.configure(DISCOURSE + 'member_list = "whole"\n')
    inbox.put("1.json", post(1))
    for name, content in members.items():
        inbox.put(name, content)
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("discourse_users", USER) == READ
    # A list of users has no instant of its own: it lies where its export ends.
    assert inbox.weeks("discourse_users") == ["2024-01-01"]
    assert [export.has_member_list for export in Ledger(inbox.home, "discourse").exports()] == [True]
    assert inbox.holds("example.invalid") == [], "addresses are not stored"


def test_a_list_of_users_may_say_less(inbox):
    inbox.put("user_list.csv", user_list(USERS[:1], ["username", "id"]))
    inbox.put("users/6.json", {"id": 6, "username": "bea", "trust_level": "high"})
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("discourse_users", USER) == [(5, "ann", None, None, False), (6, "bea", None, None, False)]


def test_bad_users_go_to_quarantine(inbox):
    inbox.put("users.json", [user(), "x", user("y"), user(6, username=""), user(7, created_at="once"), post(1),
                             user(8, created_at="1980-01-01T00:00:00Z")])  # fmt: skip
    inbox.put("user_list.csv", user_list([user("z"), user(9)]) + 'cut,"off')
    inbox.put("users/list.csv", "id;username\n1;x\n")
    inbox.put("user_list_2.csv", "name,email\nAnn,a@example.invalid\n")
    inbox.pull()
    found = {(entry["file"], entry["row"]): entry["reason"] for entry in inbox.quarantine()}
    assert found.pop(("user_list.csv", 4)).startswith("line 4: ")
    assert (
        found.pop(("user_list_2.csv", None)) == "no such column: id = 'id', username = 'username'; found: name, email"
    )
    assert found == {
        ("users.json", 2): "expected a user object, found varchar",
        ("users.json", 3): "id: expected a whole number, found y",
        ("users.json", 4): "username: missing",
        ("users.json", 5): "created_at: expected an instant, found once",
        ("users.json", 6): "a post, not a user (posts do not belong into a folder called users)",
        ("users.json", 7): "created_at: instant before 1990: 1980-01-01 00:00:00",
        ("user_list.csv", 2): "id: expected a whole number, found z",
    }
    assert inbox.rows("discourse_users", "user_id") == [5, 9]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (json.dumps(post(1))[:-3], "not valid JSON (cut off?)"),
        (json.dumps(post(1)) * 2, "not valid JSON (cut off?)"),
        ("[" * 100_000, "not valid JSON (cut off?)"),
        ("", "empty file"),
        (" \n", "empty file"),
        ("null", "expected a JSON object or list, found null"),
        ("12", "expected a JSON object or list, found ubigint"),
        (json.dumps(post(1)).encode("utf-16"), UTF_16),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_rest_goes_on(inbox, content, reason):
    inbox.put("bad.json", content)
    inbox.put("good.json", post(2))
    result = inbox.pull()
    assert inbox.reasons() == {"bad.json": reason}
    assert (result.total("rows_loaded"), result.count("unreadable")) == (1, 1)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_files_cut_or_damaged_anywhere_lose_nothing_silently(tmp_path_factory, data):
    inbox = Inbox(tmp_path_factory.mktemp("discourse"), DISCOURSE)
    contents = {
        "1.json": json.dumps(post(1, username="bén", reactions=[{"id": "+1", "count": 1}]), ensure_ascii=False),
        "users/5.json": json.dumps({"user": user(5)}),
        "user_list.csv": user_list(USERS),
    }
    for name, content in contents.items():
        text = bytearray(content.encode())
        if data.draw(st.booleans()):
            del text[data.draw(st.integers(0, len(text))) :]
        for place in data.draw(st.lists(st.integers(0, max(len(text) - 1, 0)), max_size=3)) if text else ():
            text[place] = data.draw(st.integers(0, 255))
        inbox.put(name, bytes(text))
    inbox.put("good.json", post(9))
    result = inbox.pull()
    assert inbox.account("good.json").rows_loaded == 1
    assert {account.file for account in result.accounts} == {*contents, "good.json"}
    assert all(account.rows_read for account in result.accounts if account.file.endswith(".json"))


words = st.text(st.characters(codec="utf-8"), max_size=8)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=at.microsecond // 1000 * 1000)
)
posts = st.fixed_dictionaries(
    {
        "topic_id": st.integers(1, 4),
        "post_number": st.integers(1, 5),
        "reply_to_post_number": st.none() | st.integers(1, 5),
        "user_id": st.none() | st.integers(-2, 9),
        "username": words,
        "raw": words,
        "post_type": st.integers(1, 4),
        "created_at": instants,
        "updated_at": instants,
        "staff": st.booleans(),
    }
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(posts, max_size=12), st.randoms(use_true_random=False), st.booleans())
def test_any_community_is_read_as_it_was_written(tmp_path_factory, community, random, as_zip):
    """However its posts are spread over files and pages, and repeated in an export that overlaps the first."""
    inbox = Inbox(tmp_path_factory.mktemp("discourse"), DISCOURSE.replace('"exports"', '"exports/*"'))
    rows = [
        post(number, **row | {"created_at": iso(row["created_at"]), "updated_at": iso(row["updated_at"])})
        for number, row in enumerate(community)
    ]
    for export in ("first", "second"):
        chosen = random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else [])
        page = [chosen.pop() for _ in range(len(chosen) // 3)]
        members = {f"{random.choice('ab')}/{place}.json": row for place, row in enumerate(chosen)}
        members["page.json"] = {"latest_posts": page}
        if as_zip:
            write_zip(inbox.exports / f"{export}.zip", members)
        else:
            (inbox.exports / export).mkdir()
            for name, content in members.items():
                inbox.put(f"{export}/{name}", content)
    inbox.pull()
    assert inbox.quarantine() == []
    found = inbox.rows("discourse_posts", f"{POST}, content_length, _at, updated_at")
    assert set(found) == {
        (
            number, row["topic_id"], row["post_number"], row["reply_to_post_number"], row["post_type"], row["user_id"],
            row["username"], row["staff"], len(row["raw"]), row["created_at"].replace(tzinfo=None),
            row["updated_at"].replace(tzinfo=None),
        )
        for number, row in enumerate(community)
    }  # fmt: skip
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_members_are_observed_where_there_is_a_list_of_them():
    discourse = formats.get("discourse")
    without = Observes(threads=True, reaction_counts=True)
    assert discourse.observes(discourse.options({})) == without
    assert discourse.observes_in(discourse.options({}), {"discourse_posts": ()}) == without
    listed = discourse.observes_in(discourse.options({}), {"discourse_posts": (), "discourse_users": ()})
    assert listed == Observes(threads=True, reaction_counts=True, joins=True, members=True)


def test_nobody_leaves_by_a_list_of_users_unless_the_config_calls_it_whole():
    discourse = formats.get("discourse")
    assert discourse.options({}).member_list == "partial"
    assert discourse.options({"member_list": "whole"}).member_list == "whole"


@pytest.mark.parametrize("archetype", ["private_message", "regular"])
def test_a_giant_page_of_a_topic_says_what_kind_it_is(inbox, monkeypatch, archetype):
    monkeypatch.setattr(json_objects, "GIANT_BYTES", 0)
    inbox.put("7.json", {"post_stream": {"posts": [post(1), post(2)], "stream": [1, 2]}, "archetype": archetype})
    inbox.pull()
    assert inbox.quarantine() == []
    is_private = archetype == "private_message"
    assert inbox.rows("discourse_posts", "post_id, is_private") == [(1, is_private), (2, is_private)]


@pytest.mark.parametrize("page", [lambda posts: posts, lambda posts: {"more": "x", "latest_posts": posts}])
def test_a_giant_page_of_posts_is_read_like_a_small_one(inbox, monkeypatch, page):
    monkeypatch.setattr(json_objects, "GIANT_BYTES", 0)
    inbox.put("posts.json", page([post(1), post(2, post_number=2)]))
    inbox.put("one.json", {"id": 1, "text": "x"})
    inbox.pull()
    assert inbox.rows("discourse_posts", "post_id, _row", "order by post_id") == [(1, 1), (2, 2)]
    assert inbox.reasons() == {"one.json": "one JSON object of more than 0 MB: expected a list of objects"}
