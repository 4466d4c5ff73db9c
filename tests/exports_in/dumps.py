"""Small Stack Exchange data dumps and Mastodon archives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

STACKEXCHANGE = '[[sources]]\nname = "qa"\nformat = "stackexchange"\npath = "exports"\n'
MASTODON = '[[sources]]\nname = "toots"\nformat = "mastodon"\npath = "exports"\n'
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
STAMP = "2024-01-01T12:00:00.000"


def row(**attributes: Any) -> str:
    """One `<row .../>` as dumps write it: double quotes, what is special as entities, no line end within."""
    entities = {"\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;", '"': "&quot;"}
    written = (f" {name}={quoteattr(str(value), entities)}" for name, value in attributes.items() if value is not None)
    return f"<row{''.join(written)} />"


def xml(kind: str, rows: Iterable[str]) -> str:
    """A whole file of a dump, laid out as dumps are."""
    lines = "".join(f"  {line}\n" for line in rows)
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>\n<{kind}>\n{lines}</{kind}>'


def site() -> dict[str, str]:
    """A whole small dump by file name: two accounts besides the site's own, a question, an answer, a comment, votes."""
    return {
        "Users.xml": xml(
            "users",
            [
                row(Id=-1, Reputation=1, CreationDate=STAMP, DisplayName="Community", AboutMe="<p>I'm not\nreal</p>"),
                row(Id=1, Reputation=1, CreationDate=STAMP, DisplayName='Ann "A" <&> Ö'),
                row(Id=2, Reputation=1, CreationDate="2024-01-02T12:00:00.123"),
            ],
        ),
        "Posts.xml": xml(
            "posts",
            [
                row(Id=1, PostTypeId=1, CreationDate=STAMP, Score=1, Body="<p>Why?</p>\n", OwnerUserId=1, Title="Why"),
                row(Id=2, PostTypeId=2, ParentId=1, CreationDate="2024-01-02T13:00:00.000", Body="", OwnerUserId=2),
                row(Id=3, PostTypeId=4, CreationDate=STAMP, Body="tag", OwnerDisplayName="user5"),
            ],
        ),
        "Comments.xml": xml("comments", [row(Id=1, PostId=2, Score=0, Text="Ah.", CreationDate=STAMP, UserId=1)]),
        "Votes.xml": xml(
            "votes",
            [
                row(Id=1, PostId=1, VoteTypeId=2, CreationDate="2024-01-03T00:00:00.000"),
                row(Id=2, PostId=1, VoteTypeId=5, UserId=2, CreationDate="2024-01-03T00:00:00.000"),
            ],
        ),
    }


def note(number: int, actor: str = "https://x.example/users/ann", **more: Any) -> dict[str, Any]:
    """A public post in an outbox; `more` goes to the note, but for `to`, `cc` and `published`."""
    address = f"{actor}/statuses/{number}"
    outside = {key: more.pop(key) for key in ("to", "cc", "published", "type") if key in more}
    return {
        "id": f"{address}/activity",
        "type": "Create",
        "actor": actor,
        "published": "2024-01-01T12:00:00Z",
        "to": [PUBLIC],
        "cc": [f"{actor}/followers"],
        "object": {
            "id": address, "type": "Note", "inReplyTo": None, "content": "<p>hi</p>",
            "conversation": f"tag:x.example,2024:{number}", "attachment": [],
        } | more,
    } | outside  # fmt: skip


def boost(number: int, boosted: str, actor: str = "https://x.example/users/ann", **more: Any) -> dict[str, Any]:
    """A public boost in an outbox."""
    return {
        "id": f"{actor}/statuses/{number}/activity", "type": "Announce", "actor": actor,
        "published": "2024-01-01T13:00:00Z", "to": [PUBLIC], "cc": [], "object": boosted,
    } | more  # fmt: skip


def outbox(*activities: Any) -> dict[str, Any]:
    """An outbox.json."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection",
        "totalItems": len(activities), "orderedItems": list(activities),
    }  # fmt: skip


def actor(address: str = "https://x.example/users/ann", **more: Any) -> Mapping[str, Any]:
    """An actor.json."""
    return {
        "@context": ["https://www.w3.org/ns/activitystreams"], "id": address, "type": "Person",
        "preferredUsername": address.rsplit("/", 1)[-1], "name": "", "published": "2023-05-01T00:00:00Z",
        "outbox": "outbox.json", "likes": "likes.json", "bookmarks": "bookmarks.json",
    } | more  # fmt: skip
