"""Exports side by side in one folder: the later one holds, whatever its name, as if they had come one by one."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.computed import computed, looked_at, pulled

NOON = int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp())
DAY = 86400
WEEK = date(2026, 1, 5)
SOURCES = {"slack": "slack", "discord": "discord", "telegram": "telegram", "zulip": "zulip", "till": "stripe_payments"}
STRIPE = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n"


def put(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def slack(folder: Path, is_later: bool) -> None:
    """The later export has an image where the earlier has none, a reaction less, an admin, and the channel renamed."""
    name = "Export Jan 1 2026 - Jan 10 2026" if is_later else "Export Jan 1 2026 - Jan 9 2026"
    users = [{"id": "U1", "updated": NOON - 9 * DAY, "is_admin": is_later}, {"id": "U2", "updated": NOON - 9 * DAY}]
    first: dict[str, Any] = {"type": "message", "user": "U1", "ts": f"{NOON}.000100", "text": "x"}
    first |= (
        {"files": [{"mimetype": "image/png"}]}
        if is_later
        else {"reactions": [{"name": "a", "users": ["U2"], "count": 1}]}
    )
    put(folder / name / "users.json", users)
    channel = "town-square" if is_later else "general"
    put(folder / name / "channels.json", [{"id": "C", "name": channel}])
    put(folder / name / channel / "2026-01-05.json", [first])
    if is_later:
        put(
            folder / name / channel / "2026-01-06.json",
            [{"type": "message", "user": "U2", "ts": f"{NOON + DAY}.000100", "text": "x"}],
        )


def discord(folder: Path, is_later: bool) -> None:
    def message(number: int, at: str, **more: Any) -> dict[str, Any]:
        author = {"id": "1", "name": "n", "isBot": False, "roles": []}
        return {
            "id": str(10**17 + number), "type": "Default", "timestamp": at, "content": "x", "author": author,
            "attachments": [], "embeds": [], "reactions": [], "mentions": [], **more,
        }  # fmt: skip

    channel = {"id": "1", "type": "GuildTextChat", "categoryId": "5", "category": "T", "name": "general", "topic": None}
    image = [{"fileName": "a.png", "url": "a.png"}] if is_later else []
    messages = [message(1, "2026-01-05T12:00:00+00:00", attachments=image)]
    if is_later:
        messages.append(message(2, "2026-01-06T12:00:00+00:00"))
    name = "a later" if is_later else "b earlier"
    put(folder / name / "G.json", {"guild": {"id": "7", "name": "G"}, "channel": channel, "messages": messages})


def telegram(folder: Path, is_later: bool) -> None:
    def message(number: int, at: int, **more: Any) -> dict[str, Any]:
        return {
            "id": number, "type": "message", "date": "x", "date_unixtime": str(at), "from": "A", "from_id": "user1",
            "text": "x", **more,
        }  # fmt: skip

    messages = [message(1, NOON, **({"photo": "p", "text": ""} if is_later else {}))]
    if is_later:
        messages.append(message(2, NOON + DAY))
    name = "ChatExport_a" if is_later else "ChatExport_b"
    put(folder / name / "result.json", {"name": "G", "type": "private_supergroup", "id": 1, "messages": messages})


def zulip(folder: Path, is_later: bool) -> None:
    name = "zulip-export-aa" if is_later else "zulip-export-zz"
    ana = {"id": 10, "full_name": "Ana", "email": "a", "is_active": True, "is_bot": False, "date_joined": NOON - DAY}
    users = [ana | {"role": 200 if is_later else 400, "last_login": NOON + (DAY if is_later else 0)}]
    realm = {
        "zerver_userprofile": users, "zerver_userprofile_crossrealm": [], "zerver_userprofile_mirrordummy": [],
        "zerver_stream": [{"id": 50, "name": "g", "recipient": 200}],
        "zerver_recipient": [{"id": 200, "type": 2, "type_id": 50}],
        "zerver_reaction": [] if is_later else [
            {"id": 1, "user_profile": 10, "message": 1, "emoji_name": "tada", "emoji_code": "1f389"}
        ],
    }  # fmt: skip
    messages = [
        {"id": 1, "sender": 10, "recipient": 200, "subject": "s", "content": "x", "date_sent": float(NOON),
         "has_image": is_later, "has_link": False, "has_attachment": False},
    ]  # fmt: skip
    if is_later:
        messages.append(messages[0] | {"id": 2, "date_sent": float(NOON + DAY), "has_image": False})
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as archive:
        for file, content in (
            ("realm.json", realm),
            ("messages-000001.json", {"zerver_message": messages, "zerver_usermessage": []}),
        ):
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(f"{name}/{file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def till(folder: Path, is_later: bool) -> None:
    """The second download tells of nothing newer, but of a refund."""
    paid, refunded = "20.00,0.00,eur,Paid", "20.00,20.00,eur,Refunded"
    name = "unified_payments (1).csv" if is_later else "unified_payments.csv"
    row = f"ch_1,2026-01-05 12:00:00,{refunded if is_later else paid},cus_1,a@x\n"
    put(folder / name, STRIPE + row)


@pytest.fixture(scope="module", params=["at once", "one by one"])
def communities(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("side_by_side")
    sections = "".join(
        f'[[sources]]\nname = "{name}"\nformat = "{form}"\npath = "{name}"\n' for name, form in SOURCES.items()
    )
    put(folder / "stillhere.toml", f'[community]\nname = "Here"\n{sections}')
    for is_later in (False, True):
        for name in SOURCES:
            globals()[name](folder / name, is_later)
        if is_later or request.param != "at once":
            community = pulled(folder / "stillhere.toml")
    computed(community, [WEEK], "int_interactions", "int_members", "int_orders")
    return community


def test_of_two_versions_of_an_act_the_later_export_holds(communities):
    found = looked_at(
        communities,
        "select source, interaction_type, content_type from canonical.int_interactions"
        " where occurred_at < timestamp '2026-01-06' order by all",
    )
    assert found == [(name, "post", "image") for name in ("discord", "slack", "telegram", "zulip")]


def test_of_two_lists_the_later_export_holds(communities):
    found = looked_at(communities, "select member_id from canonical.int_members where is_official order by 1")
    assert found == [("slack:U1",), ("zulip:10",)]


def test_of_two_downloads_of_the_same_payments_the_second_holds(communities):
    """A browser counts them in brackets, which sort before the dot."""
    assert looked_at(communities, "select status, is_purchase from canonical.int_orders") == [("refunded", False)]


def test_an_older_export_that_is_put_beside_a_newer_one_does_not_hold(tmp_path):
    """Though it was pulled last: the newer one is in the folder still, the same as it was."""
    names = [name for name in SOURCES if name != "till"]
    sections = "".join(f'[[sources]]\nname = "{name}"\nformat = "{name}"\npath = "{name}"\n' for name in names)
    put(tmp_path / "stillhere.toml", f'[community]\nname = "Here"\n{sections}')
    for is_later in (True, False):
        for name in names:
            globals()[name](tmp_path / name, is_later)
        community = pulled(tmp_path / "stillhere.toml")
    computed(community, [WEEK], "int_interactions")
    assert looked_at(
        community,
        "select source, interaction_type, content_type from canonical.int_interactions"
        " where occurred_at < timestamp '2026-01-06' order by all",
    ) == [(name, "post", "image") for name in ("discord", "slack", "telegram", "zulip")]
