"""Small Telegram exports as Telegram Desktop writes them; made after its layout, not seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

SOURCE = '[[sources]]\nname = "telegram"\nformat = "telegram"\npath = "exports"\n'
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def _dates(at: datetime, offset: int) -> dict[str, str]:
    local = at.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=offset)
    return {"date": local.isoformat(timespec="seconds"), "date_unixtime": str(int(at.timestamp()))}


def message(number: int = 1, user: str = "user1", at: datetime = NOON, offset: int = 0, **more: Any) -> dict[str, Any]:
    """A message; `offset` is that of the computer's zone, in hours; `reply_to` is short for its long name."""
    reply_to = more.pop("reply_to", None)
    return (
        {"id": number, "type": "message", **_dates(at, offset), "from": f"Name of {user}", "from_id": user}
        | {"text": "hello", "text_entities": [{"type": "plain", "text": "hello"}]}
        | ({"reply_to_message_id": reply_to} if reply_to else {})
        | more
    )


def service(number: int, action: str, user: str = "user1", at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """A service message: what Telegram says of what somebody did."""
    return {
        "id": number, "type": "service", **_dates(at, 0), "actor": f"Name of {user}", "actor_id": user,
        "action": action, "text": "", "text_entities": [], **more,
    }  # fmt: skip


def reaction(emoji: str, *users: tuple[str, datetime], count: int | None = None, offset: int = 0) -> dict[str, Any]:
    """An emoji with the users whom the export names; dated in the computer's time alone."""
    recent = [{"from": f"Name of {u}", "from_id": u, "date": _dates(at, offset)["date"]} for u, at in users]
    counted = {"type": "emoji", "count": len(users) if count is None else count, "emoji": emoji}
    return counted | ({"recent": recent} if recent else {})


def chat(*messages: dict[str, Any], native_id: int = 10, kind: str = "private_supergroup") -> dict[str, Any]:
    """One chat: the whole result.json, or an entry of an account's."""
    return {"name": "Group", "type": kind, "id": native_id, "messages": list(messages)}


def account(*chats: dict[str, Any], left: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """The result.json of a whole account."""
    return {
        "about": "Here is the data you requested.",
        "personal_information": {"user_id": 1, "first_name": "Ann"},
        "contacts": {"about": "", "list": [{"first_name": "Ben", "date": "2020-01-01T00:00:00"}]},
        "chats": {"about": "This page lists all chats.", "list": list(chats)},
        "left_chats": {"about": "This page lists all left chats.", "list": list(left)},
    }
