"""What was made and what it received."""

from __future__ import annotations

from typing import Any

from orchestration.page.messages import mark
from orchestration.page.reading import WeekReader, known

TITLE = mark("Content")
KINDS = {
    "text": mark("text"), "image": mark("image"), "video": mark("video"), "link": mark("link"), "poll": mark("poll"),
    "live": mark("live"), "file": mark("file"), "audio": mark("audio"),
}  # fmt: skip


def read(week: WeekReader, look: Any) -> dict[str, Any] | None:
    """The types of content, most made first; columns that no source can show are left out."""
    rows = week.rows("report_content", "posts desc, content_type nulls last", week.source)
    if not rows:
        return None
    columns = [name for name in ("reactions", "replies", "shares", "views") if known(rows, name)]
    return {"rows": rows, "columns": columns, "activity": week.row("report_activity"), "kinds": KINDS}
