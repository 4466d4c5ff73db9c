"""The win-back and the removal list as files to work with: `winback.csv` and `removal.csv` beside each week's page.

They say in words what the tables `list_winback` and `list_removal` hold of the whole community (source 'all', in which
a person stands once). Names come from strangers: a cell that a spreadsheet would take for a formula is made plain text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import languages, processors, warehouse
from orchestration.formats.base import quoted
from orchestration.home import Home, put_file
from orchestration.page.messages import mark, mark_counted

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    from orchestration.languages import Language

# Control characters, ends of lines and the tab aside: they drive a terminal, and a NUL ends the file for some readers.
_CONTROL = r"[\x{0}-\x{8}\x{e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}]"
# What a spreadsheet may take for the beginning of a formula, behind blanks of any script too, also those without any
# width; the wide forms of East Asian keyboards are among it.
_FORMULA = (
    r"^[\t\r\n]|^[\x{9}-\x{d}\x{1c}-\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200f}\x{2028}-\x{202f}"
    r"\x{205f}-\x{206f}\x{3000}\x{feff}]*[-=+@＝＋－＠]"
)
# How a cell is written: as text where it would begin a formula, and quoted where it holds what parts cells and rows.
# Most cells begin with a letter or a digit and hold nothing of the sort, which is seen faster than a pattern is tried.
MACROS = f"""
create temp macro plain_text(cell) as case
    when ord(cell) between 48 and 57 or ord(cell) between 65 and 90 or ord(cell) between 97 and 122 then cell
    when regexp_matches(cell, '{_FORMULA}') then chr(39) || cell
    else cell
end;
create temp macro printable(cell) as case
    when regexp_matches(cell, '{_CONTROL}') then regexp_replace(cell, '{_CONTROL}', '', 'g')
    else cell
end;
create temp macro csv_cell(cell) as case
    when contains(cell, ',') or contains(cell, '"') or contains(cell, chr(10)) or contains(cell, chr(13))
        then '"' || replace(cell, '"', '""') || '"'
    else cell
end;
-- Two decimals, unless there are more that are no zeros.
create temp macro money(amount) as case
    when cast(amount as decimal(38, 2)) = amount then cast(cast(amount as decimal(38, 2)) as varchar)
    else cast(amount as varchar)
end;
"""

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
# The columns whose numbers the reasons speak of.
_SPOKEN_OF = ("silence_weeks", "tenure_days", "orders_total", "active_weeks")
YES_NO = {True: mark("yes"), False: mark("no")}
# How columns are written, where not as the numbers that they are.
_TEXTS = ("member_name", "member_id", "account_id", "play")
_YES_NO = ("is_holdout", "is_flagged_by_trusted_rule")
_DAYS = {"last_active_on": "last_active_at", "last_seen_on": "last_seen_at"}


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

    Those of the given weeks are written anew where they differ, those of other weeks where they are missing. Weeks
    whose rows by member are no longer kept lose theirs.

    Args:
        weeks: the weeks that were just published, or whose page is not up to date.
        code: the language of headers, plays and reasons.

    Returns:
        The files that were written.
    """
    with warehouse.connect(home.published, read_only=True) as connection:
        kept = {
            row[0]
            for row in connection.execute("select distinct week_start from reports.member_week_status").fetchall()
        }
        anew = set(weeks)
        due = [
            (file, path, week)
            for week in sorted(kept)
            for file in FILES
            if not (path := home.page(week).with_name(file.name)).exists() or week in anew
        ]
        written = _put(home, connection, due, languages.get(code)) if due else []
    for folder in home.pages.glob("*/"):
        if folder.name not in {str(week) for week in kept}:
            for file in FILES:
                (folder / file.name).unlink(missing_ok=True)
    return written


def _put(
    home: Home, published: duckdb.DuckDBPyConnection, due: Sequence[tuple[ListFile, Path, date]], language: Language
) -> list[Path]:
    """Writes those of the files that differ from what lies there; returns which."""
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        words = dict(
            connection.execute("select text_key, any_value(words) from canonical.winback_plays group by 1").fetchall()
        )
        timezone = connection.execute("select timezone from control.settings").fetchall()[0][0]
    writer = _Writer(published, words, timezone, language, {week for *_, week in due})
    written = []
    for file, path, week in due:
        content = writer.content(file, week)
        if not path.exists() or path.read_bytes() != content:
            put_file(path, content)
            written.append(path)
    return written


class _Writer:
    """Writes lists as CSV. A week may have 100,000 rows of one, so the engine puts the lines together.

    What takes words or a time zone is said here, once for each that occurs: reasons, plays, and the days of instants.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        words: dict[str, str],
        timezone: str,
        language: Language,
        weeks: Collection[date],
    ):
        self.connection, self.language, self.weeks = connection, language, list(weeks)
        connection.execute(f"set threads = {processors.half()}")
        connection.execute(MACROS)
        self._say("why", lambda row: why(row, language))
        self._say("words", lambda row: language.gettext(_words_of(row, words)))
        instants = " union ".join(
            f"select {at} as instant from reports.{file.table} where {_OF_THE_WEEKS}"
            for file in FILES
            for at in _DAYS.values()
        )
        connection.execute(
            "create temp table days as select instant,"
            f" cast(cast(timezone($zone, timezone('UTC', instant)) as date) as varchar) as day from ({instants})",
            {"zone": timezone, "weeks": self.weeks},
        )
        for file in FILES:
            self._lay_down(file)

    def content(self, file: ListFile, week: date) -> bytes:
        """A week's file."""
        out = io.StringIO(newline="")
        csv.writer(out).writerow([self.language.gettext(header) for header in file.headers.values()])
        # They lie in order, and DuckDB keeps it.
        lines = self.connection.execute(f"select line from lines_of_{file.table} where week_start = ?", [week])
        # With a byte order mark: without it Excel reads names in its own old encoding.
        return b"".join([out.getvalue().encode("utf-8-sig"), *_joined(lines.to_arrow_table()["line"].chunks)])

    def _lay_down(self, file: ListFile) -> None:
        """Makes `lines_of_<table>`: the lines of all weeks in order, since the published rows lie by member."""
        joins = [f"left join days as {day} on {day}.instant = listed.{at}" for day, at in _DAYS.items()]
        if "why" in file.headers:
            joins += [f"left join said_{said} on {_same(kind, said)}" for said, kind in _SAID.items()]
        cells = ", ".join(f"coalesce({self._cell(column)}, '')" for column in file.headers)
        self.connection.execute(
            f"""
            create temp table lines_of_{file.table} as
            select week_start, listed.{file.order} as place, concat_ws(',', {cells}) || e'\\r\\n' as line
            from reports.{file.table} as listed {" ".join(joins)} where {_OF_THE_WEEKS}
            order by week_start, place
            """,
            {"weeks": self.weeks},
        )

    def _say(self, said: str, say: Callable[[dict[str, Any]], str]) -> None:
        """Makes `said_<said>`: every kind of row that occurs in the win-back list, with the cell of its words."""
        import pyarrow

        kind = _SAID[said]
        fields = ", ".join(f"{sql} as {name}" for name, sql in kind.items())
        found = self.connection.execute(
            f"select distinct {fields} from reports.list_winback as listed where {_OF_THE_WEEKS}", {"weeks": self.weeks}
        ).fetchall()
        rows = [dict(zip(kind, row, strict=True)) for row in found]
        columns = {
            name: pyarrow.array(
                [row[name] for row in rows], pyarrow.int64() if name in _SPOKEN_OF else pyarrow.string()
            )
            for name in kind
        }
        columns[said] = pyarrow.array([say(row) for row in rows], pyarrow.string())
        self.connection.register("worded", pyarrow.table(columns))
        self.connection.execute(
            f"create temp table said_{said} as select * replace (csv_cell(plain_text({said})) as {said}) from worded"
        )
        self.connection.unregister("worded")

    def _cell(self, column: str) -> str:
        """SQL for a cell, as Python's own `csv` would write it; null where there is no value."""
        if column in _SAID:
            return column
        if column in _TEXTS:
            return f"csv_cell(plain_text(printable(listed.{column})))"
        if column in _YES_NO:
            yes, no = (f"csv_cell({quoted(self.language.gettext(YES_NO[said]))})" for said in (True, False))
            return f"case listed.{column} when true then {yes} when false then {no} end"
        if column in _DAYS:
            return f"{column}.day"
        if column == "score":
            return "format('{:.3f}', listed.score)"
        if column == "revenue_total":
            return f"money(listed.{column})"
        return f"cast(listed.{column} as varchar)"


def _joined(chunks: Iterable[pyarrow.StringArray]) -> Iterator[bytes]:
    """Texts one after the other: so they lie in memory, and none of the many becomes an object of its own."""
    import pyarrow
    from pyarrow import compute

    for chunk in chunks:
        yield compute.binary_join(pyarrow.ListArray.from_arrays([0, len(chunk)], chunk), "")[0].as_buffer()


def _words_of(play: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """What a play says in English: its words, else its name."""
    return words.get(play["text_key"]) or play["play"]


def _same(kind: Mapping[str, str], column: str) -> str:
    """SQL for a row of a list being of a kind."""
    return " and ".join(f"said_{column}.{name} is not distinct from ({sql})" for name, sql in kind.items())


def _spoken_of(number: str) -> str:
    """SQL for a number of a row where its reason speaks of it, else null: rows that differ in others read the same."""
    halves = (STATUS_REASONS, RULE_REASONS)
    named = [
        f"split_part(listed.reason, ': ', {half}) in ({', '.join(map(quoted, speaking))})"
        for half, reasons in enumerate(halves, 1)
        if (speaking := [name for name, message in reasons.items() if f"{{{number}}}" in str(message)])
    ]
    return f"case when {' or '.join(named)} then listed.{number} end"


# What makes rows read the same, in why they are listed and in what to do: by columns, each with its SQL.
_SAID = {
    "why": {"reason": "listed.reason", **{number: _spoken_of(number) for number in _SPOKEN_OF}},
    "words": {"text_key": "listed.text_key", "play": "listed.play"},
}
_OF_THE_WEEKS = "source = 'all' and week_start in (select unnest($weeks::date[]))"


def why(row: dict[str, Any], language: Language) -> str:
    """The words of a win-back row's `reason`, with its numbers."""
    parts = messages_of(row["reason"], row, language)
    if not parts:
        return row["reason"]
    return language.clause_separator.join(part.format(**row) for part in parts) + language.full_stop


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
