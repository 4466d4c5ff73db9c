"""Small Zulip exports: public archives, and organizations' own exports in the layout that Zulip documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

ZULIP = """
[[sources]]
name = "zulip"
format = "zulip"
path = "exports"
"""
MONDAY = int(datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp())


def message(number: Any = 1, name: Any = "Ann", timestamp: Any = None, content: Any = "<p>hello</p>") -> dict:
    """A message of an archive; by default of Monday noon and as many seconds as its number."""
    at = timestamp if timestamp is not None else MONDAY + (number if isinstance(number, int) else 0)
    return {"content": content, "id": number, "sender_full_name": name, "timestamp": at}


def topic_file(stream: str, topic: str) -> str:
    """The name of a topic's file, as zulip-archive encodes it."""
    encoded = quote(topic, safe="~()*!.'").replace(".", "%2E").replace("%", ".")
    return f"{stream}/{encoded}.json"


def server_message(number: int = 1, sender: int = 10, recipient: int = 100, **more: Any) -> dict:
    """A row of zerver_message; by default of Monday noon and as many seconds as its number."""
    row = {
        "id": number, "sender": sender, "recipient": recipient, "subject": "hi", "content": "hello",
        "rendered_content": "<p>hello</p>", "date_sent": MONDAY + number + 0.25, "has_image": False,
        "has_attachment": False, "has_link": False,
    }  # fmt: skip
    return row | more


def account(number: int, name: str = "Ann", **more: Any) -> dict:
    """A row of zerver_userprofile, who joined on the day before Monday."""
    row = {
        "id": number, "full_name": name, "email": f"{number}@example.invalid", "is_bot": False, "is_active": True,
        "role": 400, "date_joined": MONDAY - 86400.5, "last_login": None,
    }  # fmt: skip
    return row | more


def logged(event_type: Any, user: Any = 10, seconds: float = 0, **more: Any) -> dict:
    """A row of zerver_realmauditlog, which happened so many seconds after Monday noon."""
    row = {
        "id": 1, "realm": 1, "acting_user": 10, "modified_user": user, "modified_stream": None,
        "event_type": event_type, "event_time": MONDAY + seconds, "backfilled": False, "extra_data": {},
    }  # fmt: skip
    return row | more


def realm(**tables: Any) -> dict:
    """A realm.json: two members, a stream with recipient 100, and a private conversation with account 10."""
    rows = {
        "zerver_realm": [{"id": 1, "name": "us"}],
        "zerver_userprofile": [account(10), account(11, "Ben")],
        "zerver_userprofile_mirrordummy": [],
        "zerver_userprofile_crossrealm": [{"id": 1, "email": "notification-bot@zulip.com"}],
        "zerver_stream": [{"id": 7, "name": "general"}],
        "zerver_recipient": [{"id": 100, "type": 2, "type_id": 7}, {"id": 101, "type": 1, "type_id": 10}],
        "zerver_subscription": [{"id": 1, "user_profile": 10, "recipient": 100}],
        "zerver_reaction": [],
    }
    return rows | tables
