"""What a table file is, and how it is opened: its kind, its lines and where they end."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orchestration.formats.base import RAW_KEPT_CHARACTERS, StagedFile, path_sql
from orchestration.formats.damaged_text import Line, line_end, lines_longer_than, without

if TYPE_CHECKING:
    import duckdb

_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".parquet": "parquet",
}
MAX_LINE_BYTES = 16 * 1024 * 1024
# Longer lines than that are longer than DuckDB's buffer may be, too.
_FITS_BUFFER = 8 * MAX_LINE_BYTES
TOO_LONG = f"longer than {MAX_LINE_BYTES >> 20} MB"
MAX_HEADER_CHARACTERS = 1 << 20
_FIRST_LINE = re.compile(rb'[\r\n]*(?:"[^"]*"|[^"\r\n])*(\r\n|\r|\n)')
# What no line holds, so that DuckDB's CSV reader hands out whole lines.
_NO_DELIMITER = "\x01\x02\x03\x04"


class Unreadable(Exception):
    """Nothing of a file can be read; `header` are the columns it was found to have, where the reason lies in them."""

    def __init__(self, reason: str, header: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.header = header

    def told(self, shows_header: bool) -> str:
        """The reason, with the columns that were found where they may be shown."""
        return f"{self}; found: {', '.join(self.header)[:300]}" if self.header and shows_header else str(self)


def kind_of(name: str) -> Literal["csv", "json lines", "parquet"] | None:
    """How a file is to be read, by its ending; None: not a table."""
    if Path(name).name.startswith("._"):  # macOS puts a file's attributes beside it in archives
        return None
    return _ENDINGS.get(Path(name).suffix.lower())  # type: ignore[return-value]


@contextmanager
def with_plain_line_ends(file: StagedFile) -> Iterator[StagedFile]:
    """The file itself, or where its line ends are mixed a copy in which all are alike.

    DuckDB goes by the first line end it meets, and then refuses the others or, worse, finds no rows. In the copy all
    line ends are "\\n"; a carriage return alone is one of them where it ends the first line, and else a blank.
    """
    if not _has_mixed_line_ends(file.path):
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="stillhere-", suffix=Path(file.name).suffix) as copy:
        with file.path.open("rb") as text:
            ends_first = _FIRST_LINE.match(text.read(MAX_HEADER_CHARACTERS).removeprefix(codecs.BOM_UTF8))
            alone = b"\n" if ends_first and ends_first[1] == b"\r" else b" "
            text.seek(0)
            while chunk := text.read(1 << 20):
                while chunk.endswith(b"\r") and (more := text.read(1)):
                    chunk += more
                copy.write(chunk.replace(b"\r\n", b"\n").replace(b"\r", alone))
        copy.flush()
        yield replace(file, path=Path(copy.name))


def _has_mixed_line_ends(path: Path) -> bool:
    returns = feeds = both = 0
    last = b""
    with path.open("rb") as text:
        while chunk := text.read(1 << 20):
            returns += chunk.count(b"\r")
            feeds += chunk.count(b"\n")
            both += (last + chunk).count(b"\r\n")
            last = b"\r" if chunk.endswith(b"\r") else b""
    return (returns, feeds) not in ((0, feeds), (returns, 0), (both, both))


@contextmanager
def with_short_lines(file: StagedFile) -> Iterator[tuple[StagedFile, list[Line]]]:
    """The file itself, or where lines of it are too long for DuckDB a copy in which these are blank; and those lines.

    DuckDB gives up all of a file for such a line.
    """
    long = list(lines_longer_than(file.path, MAX_LINE_BYTES, line_end(file.path)))
    if not long:
        yield file, long
        return
    with tempfile.NamedTemporaryFile(prefix="stillhere-", suffix=Path(file.name).suffix) as copy:
        without(long, file.path, copy)
        yield replace(file, path=Path(copy.name)), long


def refuse_giant_lines(file: StagedFile) -> None:
    """Refuses a file with a line that DuckDB would leave out without a word."""
    if line := next(lines_longer_than(file.path, _FITS_BUFFER, line_end(file.path)), None):
        raise Unreadable(f"line {line.number} is longer than {_FITS_BUFFER >> 20} MB; nothing of the file is read")


def lines_sql(file: StagedFile) -> str:
    """SQL for a text file's lines, numbered from 1, without the blanks around them."""
    return f"""
        select row_number() over () as row_no, trim(ltrim(line, chr(65279)), e' \\t\\r') as line
        from read_csv({path_sql(file.path)}, auto_detect = false, header = false, delim = '{_NO_DELIMITER}', quote = '',
            escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {MAX_LINE_BYTES}, hive_partitioning = false)
    """


def add_long_lines(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    lines: Sequence[Line],
    columns: Collection[str],
) -> None:
    """Adds the lines that were too long to be read to `mapped`, which has these columns, as rows that are bad."""
    nulls = ", ".join("null" for _ in columns)
    with file.path.open("rb") as text:
        for line in lines:
            text.seek(line.start)
            head = text.read(RAW_KEPT_CHARACTERS).decode(errors="ignore")
            connection.execute(
                f"insert into mapped select {file.number}, ?, 'line ' || ? || ' is {TOO_LONG}', ?, {nulls}",
                [line.number, line.number, head],
            )
