"""Small Discourse exports: posts as the API gives them, and lists of users."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

DISCOURSE = """
[[sources]]
name = "discourse"
format = "discourse"
path = "exports"
"""
MONDAY = datetime(2024, 1, 1, 12, tzinfo=UTC)


def iso(at: datetime) -> str:
    """An instant as the API writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def post(number: Any = 1, **more: Any) -> dict[str, Any]:
    """A post: by default the first of topic 7, by user 5, on Monday noon and as many minutes as its id."""
    at = iso(MONDAY + timedelta(minutes=number if isinstance(number, int) else 0))
    row = {
        "id": number, "name": "Ann", "username": "ann", "created_at": at, "updated_at": at, "post_number": 1,
        "post_type": 1, "reply_to_post_number": None, "topic_id": 7, "category_id": 2, "user_id": 5, "reads": 9,
        "readers_count": 8, "staff": False, "admin": False, "moderator": False, "user_deleted": False,
        "deleted_at": None, "trust_level": 1, "cooked": "<p>hello</p>", "raw": "hello", "actions_summary": [],
        "reactions": [],
    }  # fmt: skip
    return row | more


def user(number: Any = 5, **more: Any) -> dict[str, Any]:
    """A user as the API gives it."""
    row = {
        "id": number, "username": f"user{number}", "name": "", "created_at": "2023-12-31T10:00:00.000Z",
        "trust_level": 2, "admin": False, "moderator": False, "last_seen_at": None,
    }  # fmt: skip
    return row | more


def user_list(users: Iterable[dict[str, Any]], columns: Iterable[str] = ()) -> str:
    """A user_list.csv, with the columns of the administrators' download that matter, and an address that must not."""
    names = list(columns) or [
        "id", "name", "username", "email", "title", "created_at", "last_seen_at", "trust_level", "admin", "moderator",
    ]  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in users:
        written = {key: str(value).lower() if isinstance(value, bool) else value for key, value in row.items()}
        created = written.get("created_at")
        if isinstance(created, str) and created.endswith("Z"):
            written["created_at"] = created[:19].replace("T", " ") + " UTC"
        writer.writerow({"email": "secret@example.invalid"} | written)
    return text.getvalue()
