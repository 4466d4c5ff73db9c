"""Small Discord exports as DiscordChatExporter writes them; made after its layout, not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SOURCE = '[[sources]]\nname = "discord"\nformat = "discord"\npath = "exports"\n'
NOON = "2024-01-01T12:00:00+00:00"


def author(native_id: str = "1", name: str = "ann", is_bot: bool = False, roles: Sequence[str] = ()) -> dict[str, Any]:
    """A user as messages, reactions and mentions have it."""
    return {
        "id": native_id, "name": name, "discriminator": "0000", "nickname": name.title(), "color": None,
        "isBot": is_bot, "roles": [{"id": f"r{role}", "name": role, "position": 1} for role in roles],
    }  # fmt: skip


def message(
    native_id: str = "100", user: str = "1", at: str = "2024-01-01T12:00:00+00:00", **more: Any
) -> dict[str, Any]:
    """A message; `reply_to` is short for the reference of a reply."""
    reply_to = more.pop("reply_to", None)
    reference = {"reference": {"messageId": reply_to, "channelId": None, "guildId": "9"}} if reply_to else {}
    return {
        "id": native_id, "type": "Default" if reply_to is None else "Reply", "timestamp": at, "timestampEdited": None,
        "isPinned": False, "content": "hello", "author": author(user, f"user{user}"), "attachments": [], "embeds": [],
        "stickers": [], "reactions": [], "mentions": [],
    } | reference | more  # fmt: skip


def reaction(emoji: str, *users: str, count: int | None = None) -> dict[str, Any]:
    """An emoji with those who gave it."""
    return {
        "emoji": {"id": "", "name": emoji, "code": emoji, "isAnimated": False},
        "count": len(users) if count is None else count,
        "users": [author(user, f"user{user}") for user in users],
    }


def channel(
    *messages: dict[str, Any], native_id: str = "10", kind: str = "GuildTextChat", parent: str = "5"
) -> dict[str, Any]:
    """One file: a channel's or thread's messages."""
    return {
        "guild": {"id": "9", "name": "Guild"},
        "channel": {"id": native_id, "type": kind, "categoryId": parent, "category": "Text", "name": "general"},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-06-01T00:00:00+00:00",
        "messages": list(messages),
        "messageCount": len(messages),
    }
