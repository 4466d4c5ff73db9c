"""The win-back and the removal list as files to work with: `winback.csv` and `removal.csv` beside each week's page.

They say in words what the tables `list_winback` and `list_removal` hold of the whole community (source 'all', in which
a person stands once). Names come from strangers: a cell that a spreadsheet would take for a formula is made plain text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import languages, warehouse
from orchestration.home import Home, put_file
from orchestration.page.messages import mark, mark_counted

if TYPE_CHECKING:
    import duckdb

    from orchestration.languages import Language

# What a spreadsheet may take for the beginning of a formula, the wide forms of East Asian keyboards included.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")

# Why somebody is listed, and why with this play, by the two halves of `list_winback.reason`.
STATUS_REASONS = {
    "at_risk": mark_counted("Silent for {silence_weeks} week", "Silent for {silence_weeks} weeks"),
    "churned": mark_counted("Silent for {silence_weeks} week, churned", "Silent for {silence_weeks} weeks, churned"),
    "never_active": mark_counted("Took no part yet in {tenure_days} day", "Took no part yet in {tenure_days} days"),
}
RULE_REASONS = {
    "never_active_newbie": mark("has only just joined"),
    "bought_before": mark("has bought before ({orders_total})"),
    "was_creator_or_contributor": mark_counted("took part in {active_weeks} week", "took part in {active_weeks} weeks"),
    "only_lurked": mark("only ever read"),
    "still_reads": mark("still reads"),
    "otherwise": mark("nothing else is known"),
}
_NUMBER = re.compile(r"\{(\w+)\}")
YES_NO = {True: mark("yes"), False: mark("no")}


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
            "value_rank": mark("Place"),
            "member_name": mark("Member"),
            "member_id": mark("Member id"),
            "account_id": mark("Account"),
            "is_holdout": mark("Held out: do not contact"),
            "play": mark("Play"),
            "words": mark("What to do"),
            "why": mark("Why"),
            "is_flagged_by_trusted_rule": mark("Flagged by the trusted rule"),
            "silence_weeks": mark("Weeks of silence"),
            "last_active_on": mark("Last active on"),
            "last_seen_on": mark("Last seen on"),
            "active_weeks": mark("Active weeks"),
            "orders_total": mark("Purchases"),
            "revenue_total": mark("Revenue"),
        },
        "value_rank",
    ),
    ListFile(
        "removal.csv",
        "list_removal",
        {
            "place": mark("Place"),
            "member_name": mark("Member"),
            "member_id": mark("Member id"),
            "score": mark("Score (0 = least to lose)"),
            "silence_weeks": mark("Weeks of silence"),
            "tenure_days": mark("Days since joining"),
            "last_active_on": mark("Last active on"),
            "last_seen_on": mark("Last seen on"),
            "active_weeks": mark("Active weeks"),
            "orders_total": mark("Purchases"),
            "revenue_total": mark("Revenue"),
        },
        "place",
    ),
)


def write(home: Home, weeks: Iterable[date], code: str = "en") -> list[Path]:
    """Brings the files beside the pages in line with the published tables.

    Those of the given weeks are written anew where they differ, those of other weeks where they are missing (a run may
    have been killed after publishing). Weeks whose rows by member are no longer kept lose theirs.

    Args:
        weeks: the weeks that were just published.
        code: the language of headers, plays and reasons.

    Returns:
        The files that were written.
    """
    language = languages.get(code)
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
                path = home.page(week).with_name(file.name)
                is_there = path.exists()
                if is_there and week not in just_published:
                    continue
                content = _content(file, _rows(connection, file, week, timezone), words, language)
                if not is_there or path.read_bytes() != content:
                    put_file(path, content)
                    written.append(path)
    for folder in home.pages.glob("*/"):
        if folder.name not in {str(week) for week in kept}:
            for file in FILES:
                (folder / file.name).unlink(missing_ok=True)
    return written


def plain_text(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what would begin one."""
    if isinstance(value, str) and (value.startswith(_FORMULA_STARTS) or value.lstrip().startswith(_FORMULA_STARTS)):
        return f"'{value}"
    return value


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


def _content(file: ListFile, rows: Sequence[dict[str, Any]], words: dict[str, str], language: Language) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([language.gettext(header) for header in file.headers.values()])
    for row in rows:
        if "reason" in row:
            play = words.get(row["text_key"]) or row["play"]
            row |= {"why": why(row, language), "words": language.gettext(play)}
            for column in ("is_holdout", "is_flagged_by_trusted_rule"):
                if row[column] is not None:
                    said = YES_NO[row[column]]
                    row[column] = language.gettext(said)
        if "score" in row:
            row["score"] = f"{row['score']:.3f}"
        writer.writerow([plain_text(row[column]) for column in file.headers])
    # With a byte order mark: without it Excel reads names in its own old encoding.
    return out.getvalue().encode("utf-8-sig")


def why(row: dict[str, Any], language: Language) -> str:
    """The words of a win-back row's `reason`, with its numbers."""
    parts = messages_of(row["reason"], row, language)
    return "; ".join(part.format(**row) for part in parts) + "." if parts else row["reason"]


def messages_of(reason: str, numbers: Mapping[str, Any], language: Language) -> tuple[str, str] | None:
    """What a `reason` says of the status and of the play, with places for numbers; None where it has no words.

    Args:
        numbers: those of the row, by which a message has the form for one or for many.
    """
    status, _, rule = reason.partition(": ")
    if status not in STATUS_REASONS or rule not in RULE_REASONS:
        return None
    of_status, of_rule = (_form(message, numbers, language) for message in (STATUS_REASONS[status], RULE_REASONS[rule]))
    return of_status, of_rule


def _form(message: str | tuple[str, str], numbers: Mapping[str, Any], language: Language) -> str:
    """A message in the language, in the form that goes with its number."""
    if isinstance(message, str):
        return language.gettext(message)
    [name] = _NUMBER.findall(message[1])
    return language.ngettext(*message, numbers[name] or 0)
