"""Mastodon account archives: every row is loaded or quarantined with its reason, whatever the files look like."""

from __future__ import annotations

import json
import random as chance
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.exports import lake
from tests.exports_in.dumps import MASTODON, PUBLIC, actor, boost, note, outbox
from tests.exports_in.inbox import UTF_16, Inbox
from tests.exports_in.slack_export import put_all, write_zip

ANN, BEA = "https://x.example/users/ann", "https://y.example/users/bea"
ACTIVITY = "activity_type, actor, object_id, object_type, in_reply_to, conversation, is_public"


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", MASTODON)


@pytest.mark.parametrize("packing", ["folder", "zips", "tar.gz"])
def test_archives_are_read_alike_however_they_are_packed(inbox, packing):
    archives = {
        "ann": {
            "outbox.json": outbox(note(1), boost(2, f"{BEA}/statuses/1")),
            "actor.json": actor(name="Ann"),
            "likes.json": {"orderedItems": [f"{BEA}/statuses/1"]},
            "bookmarks.json": {"orderedItems": []},
            "media_attachments/files/1.png": b"\x89PNG",
        },
        "bea": {"outbox.json": outbox(note(1, BEA, inReplyTo=f"{ANN}/statuses/1")), "actor.json": actor(BEA)},
    }
    for name, files in archives.items():
        if packing == "zips":
            write_zip(inbox.exports / f"{name}.zip", files)
            inbox.configure(MASTODON.replace('"exports"', '"exports/*.zip"'))
        else:
            put_all(inbox, files, f"{name}/")
    if packing == "tar.gz":
        import tarfile

        with tarfile.open(inbox.folder / "all.tar.gz", "w:gz") as archive:
            archive.add(inbox.exports, "")
        inbox.configure(MASTODON.replace('"exports"', '"all.tar.gz"'))
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.count("loaded"), result.count("unused")) == (5, 4, 3)
    assert inbox.rows("mastodon_activities", ACTIVITY, "order by actor, _row") == [
        ("Create", ANN, f"{ANN}/statuses/1", "Note", None, "tag:x.example,2024:1", True),
        ("Announce", ANN, f"{BEA}/statuses/1", None, None, None, True),
        ("Create", BEA, f"{BEA}/statuses/1", "Note", f"{ANN}/statuses/1", "tag:x.example,2024:1", True),
    ]
    assert inbox.rows("mastodon_actors", "actor, actor_name, is_bot, is_official, joined_at") == [
        (ANN, "Ann", False, False, datetime(2023, 5, 1)),
        (BEA, "bea", False, False, datetime(2023, 5, 1)),
    ]
    assert inbox.quarantine() == []
    assert [export.has_member_list for export in lake.Ledger(inbox.home, "toots").exports()] == [False] * (
        2 if packing == "zips" else 1
    )


@pytest.mark.parametrize(
    ("to", "cc", "is_public"),
    [
        ([PUBLIC], [f"{ANN}/followers"], True),
        ([f"{ANN}/followers"], [PUBLIC], True),
        (PUBLIC, [], True),
        (["as:Public"], None, True),
        ([f"{ANN}/followers"], [BEA], False),
        ([BEA], [], False),
        (None, None, False),
        ({"id": PUBLIC}, 7, False),
        ([[PUBLIC]], [None, 3], False),
    ],
)
def test_public_is_what_is_addressed_to_the_public(inbox, to, cc, is_public):
    inbox.put("outbox.json", outbox(note(1, to=to, cc=cc)))
    inbox.pull()
    assert inbox.rows("mastodon_activities", "is_public") == [is_public]


def test_the_config_says_whether_the_archives_are_official(inbox):
    put_all(inbox, {"outbox.json": outbox(note(1)), "actor.json": actor(type="Service")})
    inbox.configure(MASTODON + "official = true\n")
    inbox.pull()
    assert inbox.rows("mastodon_activities", "is_official") == [True]
    assert inbox.rows("mastodon_actors", "is_official, is_bot") == [(True, True)]


def test_texts_are_not_stored_only_their_lengths(inbox):
    picture = {"type": "Document", "mediaType": "image/png", "name": "the launch code", "url": "/1.png"}
    inbox.put(
        "outbox.json", outbox(note(1, content="the launch code", summary="the launch code", attachment=[picture]))
    )
    inbox.put("actor.json", actor(summary="the launch code"))
    inbox.pull()
    assert inbox.rows("mastodon_activities", "text_length, media_types") == [(15, ["image/png"])]
    assert inbox.holds("launch code") == []
    assert inbox.holds("ann"), "the search finds what is there"


def test_each_bad_row_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    bad = {
        "expected an activity object, found varchar": "note",
        "expected an activity object, found array": [note(1)],
        "expected an activity object, found null": None,
        "type: missing": note(1, type=None),
        "actor: missing": note(1) | {"actor": ""},
        "published: missing": note(1, published=None),
        "published: expected an instant with a zone, found 2024-01-01T12:00:00": note(
            1, published="2024-01-01T12:00:00"
        ),
        "published: expected an instant with a zone, found 2024-02-30T12:00:00Z": note(
            1, published="2024-02-30T12:00:00Z"
        ),
        "published: expected an instant with a zone, found 2024-02-03T12:00:00+05:99": note(
            1, published="2024-02-03T12:00:00+05:99"
        ),
        "published: expected an instant with a zone, found 17": note(1, published=17),
        "object: missing, or without an id": note(1, id=None),
        "object: missing, or without an id ": boost(1, ""),
        "object: missing, or without an id  ": boost(1, "x") | {"object": [1]},
        "instant before 1990: 1989-01-01 00:00:00": note(1, published="1989-01-01T00:00:00Z"),
        "instant in the future: 2999-01-01 00:00:00": note(1, published="2999-01-01T00:00:00Z"),
    }
    inbox.put("outbox.json", outbox(*(each for wrong in bad.values() for each in (note(1), wrong))))
    inbox.pull()
    account = inbox.account("outbox.json")
    assert (account.rows_read, account.rows_loaded) == (2 * len(bad), len(bad))
    assert [entry["reason"] for entry in inbox.quarantine()] == [reason.rstrip() for reason in bad]
    assert [entry["row"] for entry in inbox.quarantine()] == list(range(2, 2 * len(bad) + 1, 2))


def test_what_is_neither_made_nor_boosted_is_loaded_and_no_act(inbox):
    inbox.put("outbox.json", outbox(note(1, type="Delete") | {"object": BEA}, note(2, type="Update")))
    inbox.pull()
    assert inbox.rows("mastodon_activities", "activity_type, object_id") == [
        ("Delete", BEA),
        ("Update", f"{ANN}/statuses/2"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not valid JSON (cut off?)"),
        ("", "empty file"),
        (" \n", "empty file"),
        ("[]", "expected an account object, found array"),
        ("null", "expected an account object, found null"),
        ('"' + "x" * (1 << 20) + '"', "longer than 1 MB, which no account is: not read"),
        (b"\xff\xfe", UTF_16),
    ],
)
def test_an_account_that_cannot_be_read_is_told_and_the_rest_goes_on(inbox, content, reason):
    put_all(inbox, {"outbox.json": outbox(note(1)), "actor.json": content})
    result = inbox.pull()
    assert inbox.account("actor.json").reason == reason
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (1, 1)


def test_bad_accounts_go_to_quarantine(inbox):
    put_all(
        inbox,
        {
            "1/actor.json": actor(id=None),
            "2/actor.json": actor(published="soon"),
            "3/actor.json": actor(published="2999-01-01T00:00:00Z"),
            "4/actor.json": actor(published=None, name=None, type=["Person"], preferredUsername=None),
        },
    )
    inbox.pull()
    assert {entry["file"]: entry["reason"] for entry in inbox.quarantine()} == {
        "1/actor.json": "id: missing",
        "2/actor.json": "published: expected an instant with a zone, found soon",
        "3/actor.json": "published: instant in the future: 2999-01-01 00:00:00",
    }
    assert inbox.rows("mastodon_actors", "actor_name, is_bot, joined_at") == [(None, False, None)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty file"),
        ("{}", "expected a JSON list under orderedItems"),
        ('{"orderedItems": {"a": 1}}', "expected a JSON list under orderedItems"),
        (json.dumps(outbox(note(1)))[:-9], "not valid JSON"),
        (json.dumps(outbox(note(1))).encode("utf-16"), "not UTF-8 text"),
    ],
)
def test_an_outbox_that_cannot_be_read_is_told_and_the_rest_goes_on(inbox, content, reason):
    put_all(inbox, {"ann/outbox.json": content, "bea/outbox.json": outbox(note(1, BEA)), "ann/actor.json": actor()})
    result = inbox.pull()
    account = inbox.account("ann/outbox.json")
    assert account.reason.startswith(reason)
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (2, 1)


def test_cut_off_at_any_byte_the_loss_is_told(tmp_path):
    content = json.dumps(outbox(note(1), note(2, content="é\u2028"), boost(3, BEA)), ensure_ascii=False).encode()
    for cut in chance.Random(3).sample(range(len(content)), 15):
        inbox = Inbox(tmp_path / str(cut), MASTODON)
        inbox.put("outbox.json", content[:cut])
        inbox.pull()  # which checks that the account adds up
        assert inbox.account("outbox.json").rows_quarantined >= 1


addresses = st.integers(1, 50).map(lambda number: f"https://z.example/users/o'neil\"/statuses/{number}")
instants = st.datetimes(
    datetime(1990, 1, 3),
    datetime(2024, 1, 1),
    timezones=st.integers(-12, 14).map(lambda h: timezone(timedelta(hours=h))),
).map(lambda at: at.replace(microsecond=0))
activities = st.lists(
    st.tuples(
        st.sampled_from(["note", "boost"]), st.integers(1, 10**9), st.none() | addresses, instants, st.booleans()
    ),
    max_size=6,
    unique_by=lambda activity: activity[1],
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from([ANN, BEA]), activities), st.randoms(use_true_random=False), st.booleans())
def test_any_archives_are_read_as_they_were_written(tmp_path_factory, community, random, as_zip):
    """Shuffled, and repeated in later archives that overlap the first."""
    inbox = Inbox(tmp_path_factory.mktemp("toots"), MASTODON.replace('"exports"', '"exports/*"'))
    expected = set()
    for address, acts in community.items():
        written = []
        for kind, number, other, at, is_public in acts:
            more = {"published": at.isoformat(), "to": [PUBLIC] if is_public else [BEA], "cc": []}
            other = other or "https://z.example/1" if kind == "boost" else other
            written.append(
                boost(number, other, address, **more)
                if kind == "boost"
                else note(number, address, inReplyTo=other, **more)
            )
            content = other if kind == "boost" else f"{address}/statuses/{number}"
            instant = at.astimezone(UTC).replace(tzinfo=None)
            expected.add((address, content, other if kind == "note" else None, instant, is_public))
        for archive in ("first", "second"):
            name = f"{archive}-{address.rsplit('/', 1)[-1]}"
            shuffled = random.sample(written, len(written)) + (random.choices(written, k=1) if written else [])
            files = {"outbox.json": outbox(*shuffled), "actor.json": actor(address)}
            if as_zip:
                write_zip(inbox.exports / f"{name}.zip", files)
            else:
                put_all(inbox, files, f"{name}/")
    if not community:
        return
    inbox.pull()
    assert inbox.quarantine() == []
    assert set(inbox.rows("mastodon_activities", "actor, object_id, in_reply_to, _at, is_public")) == expected
    assert {row[0] for row in inbox.rows("mastodon_actors", "actor, 1")} == set(community)
