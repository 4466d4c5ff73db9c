"""Reads public Zulip archives (zip or folder) into canonical rows, by the data README, with nothing but json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from .archives import files
from .canonical import Interaction, Member, Observes, Rows

# "observes: threads only."
OBSERVES = Observes(views=False, reactions=False, joins=False, leaves=False, threads=True, members=False)

# "Bots: `Notification Bot`, `Welcome Bot`, `Zulip Bot`, and the config's list."
BOTS = {"Notification Bot", "Welcome Bot", "Zulip Bot"}


def read_zulip(exports: str | Path | Iterable[str | Path], source: str = "zulip") -> Rows:
    """Read one archive or several; of a message in several archives the version of the later one holds."""
    paths = [exports] if isinstance(exports, str | Path) else list(exports)
    loaded = sorted((_load(Path(path)) for path in paths), key=_newest)
    messages: dict[int, dict] = {}
    for export in loaded:
        messages.update(export)
    return _canonical(source, messages)


def decoded(name: str) -> str:
    """'Topic is the file name, percent-encoded with "." for "%"': the bytes behind the dots, as UTF-8."""
    encoded = name.removesuffix(".json").encode()
    plain, place = bytearray(), 0
    while place < len(encoded):
        pair = encoded[place + 1 : place + 3]
        if encoded[place : place + 1] == b"." and len(pair) == 2 and all(c in b"0123456789abcdefABCDEF" for c in pair):
            plain.append(int(pair, 16))
            place += 3
        else:
            plain.append(encoded[place])
            place += 1
    return plain.decode()


def _load(path: Path) -> dict[int, dict]:
    messages = {}
    # "keep one, in the file read last by name order": what comes later in that order replaces what came before.
    for name, text in files(path):
        if name.endswith(".json") and "/" in name:
            stream, topic = name.split("/")[-2:]
            for message in json.loads(text):
                messages[message["id"]] = message | {"thread": (stream, decoded(topic))}
    return messages


def _newest(messages: dict[int, dict]) -> int:
    return max((message["timestamp"] for message in messages.values()), default=0)


def _canonical(source: str, messages: dict[int, dict]) -> Rows:
    # "First message of a topic (lowest id) -> `post`, the others `reply`; thread = (stream, topic)."
    first: dict[tuple[str, str], int] = {}
    for number, message in messages.items():
        first[message["thread"]] = min(first.get(message["thread"], number), number)
    rows = Rows()
    joined: dict[str, datetime] = {}
    for number, message in messages.items():
        at = datetime.fromtimestamp(message["timestamp"], UTC)
        name, thread = message["sender_full_name"], message["thread"]
        joined[name] = min(joined.get(name, at), at)
        is_post = first[thread] == number
        rows.interactions.append(
            Interaction(
                interaction_id=f"{source}:{number}",
                source=source,
                member_id=f"{source}:{name}",
                occurred_at=at,
                interaction_type="post" if is_post else "reply",
                container_id=thread[0].split("-")[0],
                content_id=str(number),
                parent_id=None if is_post else str(first[thread]),
                thread_id=f"{thread[0].split('-')[0]}/{thread[1]}",
                target_member_id=None if is_post else f"{source}:{messages[first[thread]]['sender_full_name']}",
            )
        )
    # "Members are names: no member list, so no absent members can be known before they first write."
    for name, at in joined.items():
        rows.members.append(Member(source, name, at, joined_at_is_inferred=True, is_bot=name in BOTS, name=name))
    return rows
