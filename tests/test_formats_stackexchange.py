"""Stack Exchange data dumps: every row is loaded or quarantined with its reason, however the XML is laid out."""

from __future__ import annotations

import json
import random as chance
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exports_in.dumps import STACKEXCHANGE, STAMP, row, site, xml
from tests.exports_in.inbox import UTF_16, Inbox
from tests.exports_in.slack_export import put_all, write_zip

NOON = datetime(2024, 1, 1, 12)


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", STACKEXCHANGE)


@pytest.mark.parametrize(
    "packing", ["folder", "folder in folder", "zip", "lower case", "old Mac's line ends", "Windows"]
)
def test_a_dump_is_read_alike_however_it_is_packed(inbox, packing):
    files = site() | {"Badges.xml": xml("badges", [row(Id=1)]), "PostHistory.xml": "<posthistory", "readme.txt": "hi"}
    if packing == "lower case":
        files = {name.lower(): content for name, content in files.items()}
    if packing == "old Mac's line ends":
        files = {name: content.replace("\n", "\r") for name, content in files.items()}
    if packing == "Windows":
        files = {name: content.replace("\n", "\r\n") for name, content in files.items()}
    if packing == "zip":
        write_zip(inbox.exports / "dump.zip", files)
        inbox.configure(STACKEXCHANGE.replace('"exports"', '"exports/dump.zip"'))
    else:
        put_all(inbox, files, "site.example/" if packing == "folder in folder" else "")
    result = inbox.pull()
    assert inbox.quarantine() == []
    assert (result.total("rows_read"), result.count("loaded"), result.count("unused")) == (9, 4, 3)
    assert inbox.rows("stackexchange_users", "user_id, user_name, joined_at, _at, _row") == [
        ("-1", "Community", NOON, None, 3),
        ("1", 'Ann "A" <&> Ö', NOON, None, 4),
        ("2", None, datetime(2024, 1, 2, 12, 0, 0, 123000), None, 5),
    ]
    assert inbox.rows("stackexchange_posts", "post_id, post_type, parent_id, user_id, _at") == [
        ("1", "1", None, "1", NOON),
        ("2", "2", "1", "2", datetime(2024, 1, 2, 13)),
        ("3", "4", None, None, NOON),
    ]
    assert inbox.rows("stackexchange_comments", "comment_id, post_id, user_id, _at") == [("1", "2", "1", NOON)]
    assert inbox.rows("stackexchange_votes", "vote_id, post_id, vote_type, user_id, _at") == [
        ("1", "1", "2", None, datetime(2024, 1, 3)),
        ("2", "1", "5", "2", datetime(2024, 1, 3)),
    ]


def test_texts_are_not_stored(inbox):
    put_all(inbox, site())
    inbox.pull()
    assert inbox.holds("Why") == inbox.holds("Ah.") == inbox.holds("not real") == []
    assert inbox.holds("Ann"), "the search finds what is there"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("A&amp;lt;B", "A&lt;B"),
        ("&#65;&#x42;&#xe9;&#128512;", "ABé😀"),
        ("a &amp; b &lt;c&gt; &quot;d&quot; &apos;e&apos;", "a & b <c> \"d\" 'e'"),
        ("&#0;&#xD800;&#x110000;&#9999999;&unknown;&;&", "&#0;&#xD800;&#x110000;&#9999999;&unknown;&;&"),
        ("'; drop table x; --", "'; drop table x; --"),
        ("x\x00y", "x\x00y"),
    ],
)
def test_entities_in_names_are_resolved_once(inbox, written, name):
    inbox.put("Users.xml", xml("users", [f'<row Id="1" DisplayName="{written}" CreationDate="{STAMP}" />']))
    inbox.pull()
    assert inbox.rows("stackexchange_users", "user_name") == [name]


def test_each_bad_row_goes_to_quarantine_with_its_reason_and_the_others_are_loaded(inbox):
    good = row(Id=1, PostTypeId=1, CreationDate=STAMP)
    bad = {
        "Id: missing": row(PostTypeId=1, CreationDate=STAMP),
        "Id: missing ": row(Id="", PostTypeId=1, CreationDate=STAMP),
        "Id: expected a number, found x": row(Id="x", PostTypeId=1, CreationDate=STAMP),
        "Id: expected a number, found 12345678901234567890": row(
            Id=12345678901234567890, PostTypeId=1, CreationDate=STAMP
        ),
        "PostTypeId: missing": row(Id=1, CreationDate=STAMP),
        "PostTypeId: expected a number, found question": row(Id=1, PostTypeId="question", CreationDate=STAMP),
        "ParentId: expected a number, found 1.5": row(Id=1, PostTypeId=2, ParentId=1.5, CreationDate=STAMP),
        "OwnerUserId: expected a number, found &lt;script&gt;": row(
            Id=1, PostTypeId=1, OwnerUserId="<script>", CreationDate=STAMP
        ),
        "CreationDate: missing": row(Id=1, PostTypeId=1),
        "CreationDate: expected an instant, found yesterday": row(Id=1, PostTypeId=1, CreationDate="yesterday"),
        "CreationDate: expected an instant, found 2024-13-01T00:00:00": row(
            Id=1, PostTypeId=1, CreationDate="2024-13-01T00:00:00"
        ),
        "instant before 1990: 1970-01-01 00:00:00": row(Id=1, PostTypeId=1, CreationDate="1970-01-01T00:00:00.000"),
        "instant in the future: 2999-01-01 00:00:00": row(Id=1, PostTypeId=1, CreationDate="2999-01-01T00:00:00.000"),
        "expected one whole <row .../> on the line": '<row Id="1" PostTypeId="1',
        "expected one whole <row .../> on the line ": good + good,
        "expected one whole <row .../> on the line  ": "what is this?",
        "expected one whole <row .../> on the line   ": '<row Id="1" Body="a < b" />',
    }
    inbox.put("Posts.xml", xml("posts", [line for wrong in bad.values() for line in (good, wrong)]))
    inbox.pull()
    account = inbox.account("Posts.xml")
    assert (account.rows_read, account.rows_loaded) == (2 * len(bad), len(bad))
    entries = inbox.quarantine()
    assert [entry["reason"] for entry in entries] == [reason.rstrip() for reason in bad]
    assert [entry["row"] for entry in entries] == list(range(4, 2 * len(bad) + 4, 2))
    assert json.loads(entries[2]["raw"]) == {
        "Id": "x", "PostTypeId": "1", "ParentId": None, "OwnerUserId": None, "CreationDate": STAMP,
    }  # fmt: skip
    assert entries[-1]["raw"] == '<row Id="1" Body="a < b" />'


ONE_LINE = xml("posts", [row(Id=1, PostTypeId=1, CreationDate=STAMP, Body="a\nb")] * 3).replace("\n", "")


@pytest.mark.parametrize(
    "content",
    [
        ONE_LINE,
        ONE_LINE.replace(" PostTypeId", "\n  PostTypeId"),
        ONE_LINE.replace('"', "'"),
        ONE_LINE.replace(" />", "></row>"),
    ],
)
def test_the_same_xml_laid_out_otherwise_is_read_too(inbox, content):
    inbox.put("Posts.xml", content)
    inbox.pull()
    assert inbox.quarantine() == []
    assert inbox.rows("stackexchange_posts", "post_id, post_type, _at") == [("1", "1", NOON)] * 3


def test_xml_laid_out_otherwise_that_breaks_off_keeps_what_came_before(inbox):
    inbox.put("Posts.xml", ONE_LINE.replace("<row", "\n<row\n")[:-30])
    inbox.pull()
    account = inbox.account("Posts.xml")
    assert (account.rows_loaded, account.rows_quarantined) == (2, 1)
    assert inbox.quarantine()[0]["reason"].startswith("not well-formed XML from here on: ")


ENTITIES = '<!DOCTYPE posts [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ENTITIES + "<posts>&b;&c;</posts>", "has a document type, which no dump has: not read"),
        (f'<?xml version="1.0"?>\n<!-- x -->\n{ENTITIES}<posts/>', "has a document type, which no dump has: not read"),
        ("<html><body>404</body></html>", "expected XML that begins with <posts>, found <html>"),
        (xml("users", []), "expected XML that begins with <posts>, found <users>"),
        ('{"posts": []}', "expected XML that begins with <posts>, found '{\"posts\": []}'"),
        ("\n \n", "expected XML that begins with <posts>, found ''"),
        ('<?xml version="1.0" encod', "expected XML that begins with <posts>, found '<?xml version=\"1.0\" encod'"),
        ("", "empty file"),
        (xml("posts", []).encode("utf-16"), UTF_16),
        (xml("posts", [row(Id=1, Title="é")]).encode("latin-1", "ignore"), "not UTF-8 text (near byte 68)"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_rest_goes_on(inbox, content, reason):
    put_all(inbox, site() | {"Posts.xml": content})
    result = inbox.pull()
    account = inbox.account("Posts.xml")
    assert (account.outcome, account.reason) == ("unreadable", reason)
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (6, 1)


def test_an_archive_as_the_site_gives_it_is_told_to_be_unpacked(inbox):
    inbox.put("french.meta.stackexchange.com.7z", b"7z\xbc\xaf\x27\x1c")
    inbox.pull()
    assert "unpack it" in inbox.account("french.meta.stackexchange.com.7z").reason


def test_a_document_type_further_down_is_no_more_read_than_one_at_the_top(inbox):
    inbox.put("Posts.xml", "<posts>\n<row\n" + ENTITIES + "</posts>")
    inbox.pull()
    assert inbox.account("Posts.xml").rows_loaded == 0
    assert inbox.account("Posts.xml").rows_quarantined >= 1


@pytest.mark.parametrize("name", ["Users.xml", "Votes.xml"])
def test_cut_off_at_any_byte_the_rows_before_are_loaded_and_the_loss_is_told(tmp_path, name):
    content = site()[name].encode()
    table = f"stackexchange_{name[:-4].lower()}"
    for cut in sorted(chance.Random(4).sample(range(len(content)), 25)) + [len(content) - 1, len(content)]:
        inbox = Inbox(tmp_path / str(cut), STACKEXCHANGE)
        inbox.put(name, content[:cut])
        inbox.pull()
        whole_rows = content[:cut].count(b" />")
        account = inbox.account(name)
        assert len(inbox.rows(table)) == (0 if account.outcome == "unreadable" else whole_rows)
        assert (account.rows_quarantined > 0) == (cut < len(content)), cut
        assert account.outcome == "loaded" or whole_rows == 0 or "UTF-8" in account.reason


def test_any_single_byte_may_be_wrong(tmp_path):
    content = site()["Posts.xml"].encode()
    random = chance.Random(5)
    for number in range(25):
        broken = bytearray(content)
        broken[random.randrange(len(broken))] = random.randrange(256)
        inbox = Inbox(tmp_path / str(number), STACKEXCHANGE)
        inbox.put("Posts.xml", bytes(broken))
        inbox.pull()  # which checks that the account adds up
        account = inbox.account("Posts.xml")
        assert account.outcome == "unreadable" or account.rows_loaded >= 1


def test_an_empty_site_is_no_loss(inbox):
    inbox.put("Posts.xml", xml("posts", []))
    inbox.put("Votes.xml", '<?xml version="1.0"?><votes />')
    assert inbox.pull().total("rows_read") == 0
    assert inbox.quarantine() == []


texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")) | st.sampled_from("\n\t<>&\"'"))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
numbers = st.integers(-1, 10**9)
users = st.dictionaries(numbers, st.tuples(texts.filter(bool), instants), max_size=6)
posts = st.dictionaries(
    numbers, st.tuples(st.integers(1, 8), st.none() | numbers, st.none() | numbers, instants, texts), max_size=6
)
votes = st.dictionaries(numbers, st.tuples(numbers, st.integers(1, 16), st.none() | numbers, instants), max_size=6)


def stamped(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(users, posts, votes, st.randoms(use_true_random=False), st.booleans())
def test_any_site_is_read_as_it_was_written(tmp_path_factory, users, posts, votes, random, as_zip):
    """Shuffled, and repeated in a second dump that overlaps the first."""
    inbox = Inbox(tmp_path_factory.mktemp("qa"), STACKEXCHANGE.replace('"exports"', '"exports/*"'))
    written = {
        "users": [
            row(Id=i, Reputation=1, DisplayName=name, CreationDate=stamped(at)) for i, (name, at) in users.items()
        ],
        "posts": [
            row(Id=i, PostTypeId=kind, ParentId=parent, CreationDate=stamped(at), Body=body, OwnerUserId=owner)
            for i, (kind, parent, owner, at, body) in posts.items()
        ],
        "votes": [
            row(Id=i, PostId=post, VoteTypeId=kind, UserId=user, CreationDate=stamped(at))
            for i, (post, kind, user, at) in votes.items()
        ],
    }
    for dump in ("first", "second"):
        files = {
            f"{kind.capitalize()}.xml": xml(
                kind, random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else [])
            )
            for kind, rows in written.items()
        }
        if as_zip:
            write_zip(inbox.exports / f"{dump}.zip", files)
        else:
            put_all(inbox, files, f"{dump}/")
    inbox.pull()
    assert inbox.quarantine() == []

    def text(number: int | None) -> str | None:
        return None if number is None else str(number)

    assert set(inbox.rows("stackexchange_users", "user_id, user_name, joined_at")) == {
        (str(i), name, at) for i, (name, at) in users.items()
    }
    assert set(inbox.rows("stackexchange_posts", "post_id, post_type, parent_id, user_id, _at")) == {
        (str(i), str(kind), text(parent), text(owner), at) for i, (kind, parent, owner, at, _) in posts.items()
    }
    assert set(inbox.rows("stackexchange_votes", "vote_id, post_id, vote_type, user_id, _at")) == {
        (str(i), str(post), str(kind), text(user), at) for i, (post, kind, user, at) in votes.items()
    }
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before
