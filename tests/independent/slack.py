"""Reads native Slack exports (zip or folder) into canonical rows, by the data README, with nothing but json."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from .canonical import Interaction, Member, MembershipEvent, Observes, Rows

# "observes: reactions, joins, threads yes; views, leaves no."
OBSERVES = Observes(views=False, reactions=True, joins=True, leaves=False, threads=True, members=True)

# "Human acts: no `subtype`, or `thread_broadcast`, `me_message`, `file_share`, `file_comment`."
HUMAN_SUBTYPES = {None, "thread_broadcast", "me_message", "file_share", "file_comment"}
JOIN_SUBTYPES = {"channel_join", "group_join"}
SLACKBOT = "USLACKBOT"

# "Channel folders also hold files that are no messages (`canvas_in_the_conversation.json`)."
MESSAGE_FILE = re.compile(r"\d{4}-\d{2}-\d{2}\.json")


def read_slack(exports: str | Path | Iterable[str | Path], source: str = "slack") -> Rows:
    """Read one export or several; of a message in several exports the version of the later export holds."""
    paths = [exports] if isinstance(exports, str | Path) else list(exports)
    # Later = reaches further; sorting is stable, so exports that end alike keep the order in which they were given.
    loaded = sorted((_load(Path(path)) for path in paths), key=_newest)
    messages: dict[tuple[str, str], dict] = {}
    users: dict[str, dict] = {}
    first_listed_at: dict[str, datetime | None] = {}
    newest_before: datetime | None = None
    for export in loaded:
        messages.update(export["messages"])
        for user in export["users"]:
            users[user["id"]] = user
            first_listed_at.setdefault(user["id"], newest_before)
        newest_before = _newest(export)
    return _canonical(source, messages, users, first_listed_at)


def instant(ts: str) -> datetime:
    """'`ts` is a string of epoch seconds with six decimals: parse it exactly', so no float on the way."""
    seconds, _, fraction = str(ts).partition(".")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int((fraction + "000000")[:6]))


def author_of(message: dict) -> str | None:
    """The user id that a message bears (a file comment bears it one level down)."""
    return message.get("user") or (message.get("comment") or {}).get("user")


def is_human_act(message: dict, users: dict[str, dict]) -> bool:
    """Whether the message is an act of the member whose id it bears."""
    if message.get("subtype") not in HUMAN_SUBTYPES or not author_of(message):
        return False
    # "A message with a `bot_id`, or by USLACKBOT, or by a user with `is_bot`, is a bot's act, also when it bears a
    # human's `user`."
    return not message.get("bot_id") and not is_bot(author_of(message), users)


def is_bot(user_id: str, users: dict[str, dict]) -> bool:
    """Whether the account is a bot."""
    return user_id == SLACKBOT or bool(users.get(user_id, {}).get("is_bot"))


def content_type(message: dict) -> str:
    """'From `files[].mimetype` (image/*, video/*, else file), else `link` where an attachment has `from_url`'."""
    for kind in [file.get("mimetype") or "" for file in message.get("files") or [] if isinstance(file, dict)]:
        return {"image": "image", "video": "video"}.get(kind.split("/")[0], "file")
    return "link" if any(part.get("from_url") for part in message.get("attachments") or []) else "text"


def _load(path: Path) -> dict:
    messages, users = {}, []
    for name, text in _files(path):
        file = PurePosixPath(name)
        if file.name == "users.json":
            users = json.loads(text)
        elif MESSAGE_FILE.fullmatch(file.name) and file.parent.name:
            for message in json.loads(text):
                if "ts" in message:
                    # "Identity of a message: (channel folder, `ts`)."
                    messages[(file.parent.name, message["ts"])] = message
    return {"messages": messages, "users": users}


def _files(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield file.relative_to(path).as_posix(), file.read_text(encoding="utf-8")
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".json"):
                yield name, archive.read(name).decode("utf-8")


def _newest(export: dict) -> datetime:
    return max((instant(ts) for _, ts in export["messages"]), default=datetime.min.replace(tzinfo=UTC))


def _acts(source: str, messages: dict, users: dict[str, dict]) -> list[Interaction]:
    acts = []
    for (channel, ts), message in messages.items():
        at, content = instant(ts), f"{source}:{channel}:{ts}"
        author = author_of(message)
        thread_ts = message.get("thread_ts")
        # "`thread_ts` absent or equal to `ts` -> `post`; otherwise `reply` in thread `thread_ts`."
        is_reply = bool(thread_ts) and thread_ts != ts
        thread = f"{source}:{channel}:{thread_ts or ts}"
        if is_human_act(message, users):
            acts.append(
                Interaction(
                    interaction_id=content,
                    source=source,
                    member_id=f"{source}:{author}",
                    occurred_at=at,
                    interaction_type="reply" if is_reply else "post",
                    container_id=channel,
                    content_id=content,
                    parent_id=thread if is_reply else None,  # "Parent of a reply: the thread's first message."
                    thread_id=thread,
                    content_type=content_type(message),
                )
            )
        # "Each user in each `reactions[].users` -> one `reaction` per (message, name with skin tone, user),
        # `time_precision = 'inherited'`": on system and bot messages too, for it is the reactor's act.
        seen = set()
        for reaction in message.get("reactions") or []:
            for user in reaction.get("users") or []:
                if (reaction["name"], user) in seen:
                    continue
                seen.add((reaction["name"], user))
                acts.append(
                    Interaction(
                        interaction_id=f"{content}:{reaction['name']}:{user}",
                        source=source,
                        member_id=f"{source}:{user}",
                        occurred_at=at,
                        interaction_type="reaction",
                        container_id=channel,
                        content_id=content,
                        parent_id=content,
                        thread_id=thread,
                        target_member_id=f"{source}:{author}" if author else None,
                        time_precision="inherited",
                    )
                )
    return acts


def _canonical(source: str, messages: dict, users: dict[str, dict], first_listed_at: dict) -> Rows:
    acts = _acts(source, messages, users)
    first_act: dict[str, datetime] = {}
    last_act: dict[str, datetime] = {}
    for act in acts:
        user = act.member_id.split(":", 1)[1]
        first_act[user] = min(first_act.get(user, act.occurred_at), act.occurred_at)
        last_act[user] = max(last_act.get(user, act.occurred_at), act.occurred_at)
    first_join: dict[str, datetime] = {}
    first_seen: dict[str, datetime] = {}
    events = []
    for (_, ts), message in messages.items():
        user, at = author_of(message), instant(ts)
        if not user:
            continue
        first_seen[user] = min(first_seen.get(user, at), at)
        if message.get("subtype") in JOIN_SUBTYPES:
            first_join[user] = min(first_join.get(user, at), at)
            events.append(MembershipEvent(source, f"{source}:{user}", at, "channel_join"))
    source_first = min((instant(ts) for _, ts in messages), default=None)
    rows = Rows(interactions=acts, events=events)
    # "Members: users.json, plus any user id seen."
    for user_id in sorted(set(users) | set(first_seen) | set(first_act)):
        user = users.get(user_id, {})
        join, act = first_join.get(user_id), first_act.get(user_id)
        if join is not None and (act is None or join <= act):
            joined_at, inferred = join, False
        elif act is not None:
            joined_at, inferred = act, True
        elif user_id in first_seen:
            # Seen in a system message or a bot's only: the dictionary's "first instant at which the account is seen".
            joined_at, inferred = first_seen[user_id], True
        else:
            # "If the account never appears in a message, the first instant of the source's exports"; "an account that
            # is new in a later export's users.json, and not seen otherwise, joined at the newest instant of the
            # export before."
            joined_at, inferred = first_listed_at.get(user_id) or source_first, True
        if joined_at is None:
            continue  # an export without a single message has no instant to give
        rows.members.append(
            Member(
                source=source,
                native_id=user_id,
                joined_at=joined_at,
                joined_at_is_inferred=inferred,
                left_at=_left_at(user, last_act.get(user_id)),
                is_bot=is_bot(user_id, users),
                # "`is_official`: `is_owner`, `is_admin` or `is_primary_owner`."
                is_official=any(user.get(key) for key in ("is_owner", "is_admin", "is_primary_owner")),
                is_system=user_id == SLACKBOT,
                name=user.get("real_name") or user.get("name"),
            )
        )
    return rows


def _left_at(user: dict, last_act: datetime | None) -> datetime | None:
    # "`deleted: true` -> `left_at` = the later of `updated` and the account's last act, inferred."
    if not user.get("deleted"):
        return None
    instants = [last_act] if last_act else []
    if user.get("updated"):
        instants.append(datetime.fromtimestamp(int(user["updated"]), UTC))
    return max(instants, default=None)
