"""Communities on disk that the end-to-end tests run, look at and break."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

import expectations
from orchestration.home import Home

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
STILLHERE = Path(sys.executable).with_name("stillhere")

# The sample community: forty weeks.
WEEKS = 40
FIRST, LAST = date(2026, 1, 12), date(2026, 10, 12)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Place:
    """A community on disk: its config and its home."""

    config: Path
    home: Home

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`stillhere run` as a user types it."""
        return stillhere("run", "--config", self.config, "--home", self.home.path, *arguments)

    def published(self, sql: str) -> list[tuple]:
        """Rows of a query on the published file, by a reader of its own."""
        with duckdb.connect(str(self.home.published), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def copy(self, folder: Path) -> Place:
        """The same community elsewhere, exports included."""
        shutil.copytree(self.config.parent, folder, symlinks=True)
        return Place(folder / self.config.name, Home(folder / ".stillhere"))


def stillhere(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the console script in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STILLHERE_", "DAGSTER_"))}
    return subprocess.run(
        [STILLHERE, *map(str, arguments)], capture_output=True, text=True, env=clean | {"COLUMNS": "400"}, check=False
    )


def published_rows(place: Place) -> dict[str, list[tuple]]:
    """Every weekly report's rows, and the editions without their run and instant."""
    rows = {report: place.published(f"select * from reports.{report} order by all") for report in expectations.REPORTS}
    rows["editions"] = place.published(
        "select week_start, edition, exports_fingerprint, changed from reports.report_editions order by all"
    )
    return rows


def week_rows(place: Place, week: date) -> dict[str, list[tuple]]:
    """One week's rows of every weekly report."""
    return {
        report: place.published(f"select * from reports.{report} where week_start = date '{week}' order by all")
        for report in expectations.REPORTS
    }


def warehouse_rows(place: Place, read_only: bool = True) -> dict[str, list[tuple]]:
    """Every weekly report's rows in the warehouse."""
    with duckdb.connect(str(place.home.warehouse), read_only=read_only) as connection:
        return {
            report: connection.execute(f"select * from reports.{report} order by all").fetchall()
            for report in expectations.REPORTS
        }


def slack_message(place: Place, day: date, text: str = "a late one", user: str | None = None) -> None:
    """Adds a message to the Slack export of a copied community."""
    users = json.loads((place.config.parent / "exports/slack/users.json").read_text(encoding="utf-8"))
    someone = user or next(u["id"] for u in users if not u.get("is_bot") and not u.get("is_admin") and not u["deleted"])
    instant = datetime(day.year, day.month, day.day, 12, 0, 0).timestamp()
    folder = next(path for path in sorted((place.config.parent / "exports/slack").iterdir()) if path.is_dir())
    file = folder / f"{day}.json"
    messages = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    messages.append({"type": "message", "user": someone, "text": text, "ts": f"{int(instant)}.000777"})
    file.write_text(json.dumps(messages), encoding="utf-8")
