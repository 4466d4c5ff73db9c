"""The win-back and the removal list as files to work with: `winback.csv` and `removal.csv` beside each week's page.

They say in words what the tables `list_winback` and `list_removal` hold of the whole community (source 'all', in which
a person stands once). Names come from strangers: a cell that a spreadsheet would take for a formula is made plain text.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import warehouse
from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

# What a spreadsheet may take for the beginning of a formula, the wide forms of East Asian keyboards included.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")

# Why somebody is listed, and why with this play, by the two halves of `list_winback.reason`.
STATUS_REASONS = {
    "at_risk": "Silent for {silence_weeks} weeks",
    "churned": "Silent for {silence_weeks} weeks, churned",
    "never_active": "Took no part yet in {tenure_days} days",
}
RULE_REASONS = {
    "never_active_newbie": "has only just joined",
    "bought_before": "has bought before ({orders_total})",
    "was_creator_or_contributor": "took part in {active_weeks} weeks",
    "only_lurked": "only ever read",
    "still_reads": "still reads",
    "otherwise": "nothing else is known",
}
YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True)
class ListFile:
    """One of the two files.

    Attributes:
        name: the file's name in the week's folder.
        table: the published table it is made from.
        headers: each column, in the file's order, with its header in English.
        order: the column that gives the rows their order.
    """

    name: str
    table: str
    headers: dict[str, str]
    order: str


FILES = (
    ListFile(
        "winback.csv",
        "list_winback",
        {
            "value_rank": "Place",
            "member_name": "Member",
            "member_id": "Member id",
            "is_holdout": "Held out: do not contact",
            "play": "Play",
            "words": "What to do",
            "why": "Why",
            "silence_weeks": "Weeks of silence",
            "last_active_on": "Last active on",
            "last_seen_on": "Last seen on",
            "active_weeks": "Active weeks",
            "orders_total": "Purchases",
            "revenue_total": "Revenue",
        },
        "value_rank",
    ),
    ListFile(
        "removal.csv",
        "list_removal",
        {
            "place": "Place",
            "member_name": "Member",
            "member_id": "Member id",
            "score": "Score (0 = least to lose)",
            "silence_weeks": "Weeks of silence",
            "tenure_days": "Days since joining",
            "last_active_on": "Last active on",
            "last_seen_on": "Last seen on",
            "active_weeks": "Active weeks",
            "orders_total": "Purchases",
            "revenue_total": "Revenue",
        },
        "place",
    ),
)


def write(home: Home, weeks: Iterable[date]) -> list[Path]:
    """Brings the files beside the pages in line with the published tables.

    Those of the given weeks are written anew where they differ, those of other weeks where they are missing (a run may
    have been killed after publishing). Weeks whose rows by member are no longer kept lose theirs.

    Args:
        weeks: the weeks that were just published.

    Returns:
        The files that were written.
    """
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        words = dict(
            connection.execute("select text_key, any_value(words) from canonical.winback_plays group by 1").fetchall()
        )
        timezone = connection.execute("select timezone from control.settings").fetchall()[0][0]
    with warehouse.connect(home.published, read_only=True) as connection:
        kept = {
            row[0]
            for row in connection.execute("select distinct week_start from reports.member_week_status").fetchall()
        }
        just_published, written = set(weeks), []
        for week in sorted(kept):
            for file in FILES:
                path = _folder(home, week) / file.name
                if week in just_published or not path.exists():
                    content = _content(file, _rows(connection, file, week, timezone), words)
                    written += [path] if _replace(path, content) else []
    for folder in home.published.parent.glob("weeks/*/"):
        if folder.name not in {str(week) for week in kept}:
            for file in FILES:
                (folder / file.name).unlink(missing_ok=True)
    return written


def plain_text(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what would begin one."""
    if isinstance(value, str) and (value.startswith(_FORMULA_STARTS) or value.lstrip().startswith(_FORMULA_STARTS)):
        return f"'{value}"
    return value


def _folder(home: Home, week: date) -> Path:
    return home.published.parent / "weeks" / str(week)


def _rows(connection: duckdb.DuckDBPyConnection, file: ListFile, week: date, timezone: str) -> list[dict[str, Any]]:
    found = connection.execute(
        f"""
        select *,
            cast(timezone($zone, timezone('UTC', last_active_at)) as date) as last_active_on,
            cast(timezone($zone, timezone('UTC', last_seen_at)) as date) as last_seen_on
        from reports.{file.table} where source = 'all' and week_start = $week order by {file.order}
        """,
        {"week": week, "zone": timezone},
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _content(file: ListFile, rows: Sequence[dict[str, Any]], words: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(file.headers.values())
    for row in rows:
        if "reason" in row:
            row |= {"why": why(row), "words": words.get(row["text_key"], row["play"])}
            row["is_holdout"] = YES_NO[row["is_holdout"]]
        if "score" in row:
            row["score"] = f"{row['score']:.3f}"
        writer.writerow([plain_text(row[column]) for column in file.headers])
    # With a byte order mark: without it Excel reads names in its own old encoding.
    return out.getvalue().encode("utf-8-sig")


def why(row: dict[str, Any]) -> str:
    """The words of a win-back row's `reason`, with its numbers."""
    status, _, rule = row["reason"].partition(": ")
    return f"{STATUS_REASONS[status].format(**row)}; {RULE_REASONS[rule].format(**row)}."


def _replace(path: Path, content: bytes) -> bool:
    """Puts a file in its place in one step, unless it is there already."""
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)
    return True
