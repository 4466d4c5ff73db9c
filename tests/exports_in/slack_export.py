"""Small Slack exports: folders, and the zips that workspace owners download."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.exports_in.inbox import SLACK, Inbox

MONDAY = datetime(2024, 1, 1, 12, tzinfo=UTC)


def ts(when: datetime, micros: int = 100) -> str:
    """Slack's stamp of an instant."""
    return f"{int(when.timestamp())}.{micros:06d}"


def message(stamp: str | float | None = None, user: str = "U1", text: str = "hello", **more: Any) -> dict[str, Any]:
    """A message as exports have it; by default of Monday noon."""
    return {"type": "message", "user": user, "text": text, "ts": stamp or ts(MONDAY), **more}


def user(native_id: str = "U1", name: str = "Ann", **more: Any) -> dict[str, Any]:
    """An entry of users.json."""
    return {"id": native_id, "name": name.lower(), "profile": {"real_name": name, "display_name": ""}, **more}


def files(*messages: Mapping[str, Any], day: str = "2024-01-01", channel: str = "general") -> dict[str, Any]:
    """A whole small export by file name."""
    return {
        "users.json": [user("U1", "Ann"), user("U2", "Ben")],
        "integration_logs.json": [],
        f"{channel}/{day}.json": list(messages or [message()]),
    }


def write_zip(path: Path, members: Mapping[str, Any], top: str = "") -> Path:
    """Writes members (JSON values, text or bytes) as a zip, below a top folder if one is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(top + name, content if isinstance(content, str | bytes) else json.dumps(content))
    return path


def put_all(inbox: Inbox, members: Mapping[str, Any], top: str = "") -> None:
    """Puts an export's files in, below a top folder if one is given."""
    for name, content in members.items():
        inbox.put(top + name, content)


def zipped(inbox: Inbox, members: Mapping[str, Any], top: str = "") -> Path:
    """Puts a zip in place of the folder."""
    inbox.configure(SLACK.replace('"exports"', '"exports/export.zip"'))
    return write_zip(inbox.exports / "export.zip", members, top)
