"""Stack Exchange data dumps: Users.xml, Posts.xml, Comments.xml and Votes.xml of one site, one `<row .../>` a line.

Quirks handled: dumps are too large to be parsed whole (Posts.xml of Stack Overflow has 100 GB), so DuckDB reads them
line by line, and a line that is broken costs that line alone. The same XML laid out in another way goes through expat
first, also as a stream. A document type, which could define entities, is refused. Votes bear a date only; most of
them do not say whose they are. Texts are not kept.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from orchestration.formats.base import (
    RAW_KEPT_CHARACTERS,
    Format,
    MemberListOptions,
    Observes,
    Parsed,
    StagedFile,
    instant_problem,
    path_sql,
    quoted,
)
from orchestration.formats.damaged_text import lines_longer_than
from orchestration.formats.people import People, id_in_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

_FILE = re.compile(r"(?:.*/)?(users|posts|comments|votes)\.xml", re.DOTALL | re.IGNORECASE)
# Each raw table's attributes: the raw column, the attribute, whether a row is of no use without it.
_ATTRIBUTES = {
    "users": (("user_id", "Id", True), ("user_name", "DisplayName", False)),
    "posts": (
        ("post_id", "Id", True),
        ("post_type", "PostTypeId", True),
        ("parent_id", "ParentId", False),
        ("user_id", "OwnerUserId", False),
    ),
    "comments": (("comment_id", "Id", True), ("post_id", "PostId", True), ("user_id", "UserId", False)),
    "votes": (
        ("vote_id", "Id", True),
        ("post_id", "PostId", True),
        ("vote_type", "VoteTypeId", True),
        ("user_id", "UserId", False),
    ),
}
_ROW = r'<row(?: [\w:.-]+="[^"<]*")* ?/>'
# Texts are most of a dump: once they are cut out, all else is quick.
_TEXT = ' (?:Body|Text|AboutMe)="[^"<]*"'
_HEAD_BYTES = 1 << 16
_HEAD = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(!DOCTYPE|[A-Za-z_][\w.-]*)", re.DOTALL)
# DuckDB's buffers are 16 times as long. The longest posts have 30,000 characters.
_MAX_LINE_BYTES = 2 * 1024 * 1024
# Longer lines than that are longer than DuckDB's buffer may be, too.
_FITS_BUFFER = 8 * _MAX_LINE_BYTES
# What no line holds, so that DuckDB's CSV reader hands out whole lines.
_NO_DELIMITER = "\x01\x02\x03\x04"
_CHUNK = 1 << 20
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)


class StackExchange(Format):
    """Format `stackexchange`."""

    name = "stackexchange"
    member_list = "stackexchange_users"
    Options = MemberListOptions
    tables = {
        "stackexchange_users": {"user_id": "VARCHAR", "user_name": "VARCHAR", "joined_at": "TIMESTAMP"},
        **{
            f"stackexchange_{kind}": {column: "VARCHAR" for column, *_ in _ATTRIBUTES[kind]}
            for kind in ("posts", "comments", "votes")
        },
    }

    people = {
        "stackexchange_users": People(member_id=id_in_source("user_id"), names=("user_name",)),
        "stackexchange_posts": People(member_id=id_in_source("user_id")),
        "stackexchange_comments": People(member_id=id_in_source("user_id")),
        "stackexchange_votes": People(member_id=id_in_source("user_id")),
    }

    def observes(self, options: Any) -> Observes:
        """Joins, threads and the member list; reactions as numbers, for hardly any vote says whose it is."""
        return Observes(joins=True, threads=True, members=True, reaction_counts=True)

    def table_of(self, name: str, options: Any) -> str | None:
        """By the file's name. A .7z, as the site gives it, cannot be opened: it is told among the posts."""
        if name.lower().endswith(".7z"):
            return "stackexchange_posts"
        found = _FILE.fullmatch(name)
        return f"stackexchange_{found[1].lower()}" if found else None

    def is_text(self, name: str) -> bool:
        """All but archives that cannot be opened."""
        return not name.lower().endswith(".7z")

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Any
    ) -> Parsed:
        """One row a user, post, comment or vote."""
        kind = table.removeprefix(f"{self.name}_")
        columns = [column for column, *_ in _ATTRIBUTES[kind]]
        connection.execute(
            "create or replace temp table dump_rows (file_no integer, row_no bigint, reason varchar, raw varchar,"
            f" created varchar, {', '.join(f'{column} varchar' for column in columns)})"
        )
        unreadable = {}
        for file in files:
            problem = _load(connection, file, kind)
            if problem:
                connection.execute("delete from dump_rows where file_no = ?", [file.number])
                unreadable[file.number] = problem
        return Parsed(table, _rows_sql(kind), unreadable)


def _load(connection: duckdb.DuckDBPyConnection, file: StagedFile, kind: str) -> str | None:
    """Puts a file's rows, good and bad, into `dump_rows`; returns why nothing of it can be read."""
    import duckdb

    if file.name.lower().endswith(".7z"):
        return "a 7z archive cannot be opened here: unpack it (7z x FILE), and give the folder"
    problem = _wrong_head(file.path, kind)
    if problem:
        return problem
    if line := next(lines_longer_than(file.path, _FITS_BUFFER), None):
        return f"line {line.number} is longer than {_FITS_BUFFER >> 20} MB; nothing of the file is read"
    try:
        if _is_laid_out_by_lines(connection, file.path):
            _load_lines(connection, file, file.path, kind)
            _tell_if_cut_off(connection, file, kind)
            return None
        with _laid_out_by_lines(file.path) as (lines, broken):
            _load_lines(connection, file, lines, kind)
        if broken:
            connection.execute(
                "insert into dump_rows by name select ? as file_no, ? as reason,"
                " (select coalesce(max(row_no), 0) + 1 from dump_rows where file_no = ?) as row_no",
                [file.number, f"not well-formed XML from here on: {broken}", file.number],
            )
        return None
    except (duckdb.IOException, duckdb.OutOfMemoryException):
        raise  # no fault of the file's
    except duckdb.Error as error:
        return f"cannot be read as lines of XML: {str(error).splitlines()[0]}"


def _wrong_head(path: Path, kind: str) -> str | None:
    """Why a file is no such part of a dump, by how it begins."""
    with path.open("rb") as handle:
        text = handle.read(_HEAD_BYTES).decode("utf-8-sig", "ignore")
    found = _HEAD.match(text)
    if found and found[1] == "!DOCTYPE":
        return "has a document type, which no dump has: not read"
    if found is None or found[1] != kind:
        shown = f"<{found[1]}>" if found else repr(text.strip()[:40])
        return f"expected XML that begins with <{kind}>, found {shown}"
    return None


def _lines_sql(path: Path) -> str:
    """SQL for a file's lines, numbered from 1; any line end is one, and one that is far too long is left out."""
    return f"""
        select row_number() over () as row_no, trim(ltrim(line, chr(65279)), e' \\t') as line
        from read_csv({path_sql(path)}, auto_detect = false, header = false, delim = '{_NO_DELIMITER}', quote = '',
            escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {_MAX_LINE_BYTES}, strict_mode = false,
            store_rejects = true, rejects_limit = 0, hive_partitioning = false)
    """


def _is_laid_out_by_lines(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Whether a line that begins a row also ends it, in one case at least; or there is no row at all."""
    _forget_rejects(connection)
    begun = connection.execute(
        f"select regexp_full_match(line, '{_ROW}') from ({_lines_sql(path)}) where contains(line, '<row') limit 1000"
    ).fetchall()
    return not begun or any(whole for (whole,) in begun)


def _forget_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {table}")


def _load_lines(connection: duckdb.DuckDBPyConnection, file: StagedFile, path: Path, kind: str) -> None:
    names = {"created": "CreationDate"} | {column: attribute for column, attribute, _ in _ATTRIBUTES[kind]}
    # No value holds a quote of its own.
    values = ", ".join(
        f"case when is_row then nullif(split_part(split_part(brief, ' {name}=\"', 2), '\"', 1), '') end as {column}"
        for column, name in names.items()
    )
    _forget_rejects(connection)
    connection.execute(
        f"""
        insert into dump_rows by name
        with briefed as (select row_no, line, regexp_replace(line, '{_TEXT}', '') as brief from ({_lines_sql(path)})),
        lines as (select *, regexp_full_match(brief, '{_ROW}') as is_row from briefed)
        select {file.number} as file_no, row_no,
            case when not is_row then 'expected one whole <row .../> on the line' end as reason,
            case when not is_row then left(line, {RAW_KEPT_CHARACTERS}) end as raw, {values}
        from lines
        where is_row or not (
            line is null or line = '' or regexp_full_match(line, '<!--.*-->')
            or regexp_full_match(line, '(<\\?xml[^>]*\\?>)?\\s*(<{kind}(\\s[^>]*)?>)?\\s*(</{kind}\\s*>)?')
        )
        """
    )
    connection.execute(
        f"""
        insert into dump_rows by name
        select {file.number} as file_no, line as row_no,
            'line ' || line || ': longer than {_MAX_LINE_BYTES >> 20} MB' as reason
        from (select distinct line from reject_errors)
        """
    )


def _tell_if_cut_off(connection: duckdb.DuckDBPyConnection, file: StagedFile, kind: str) -> None:
    """A dump that was cut off between two rows shows it only by its missing end; nobody knows what was lost."""
    with file.path.open("rb") as handle:
        handle.seek(max(0, file.path.stat().st_size - 256))
        end = handle.read().decode("utf-8", "ignore").rstrip()
    if re.search(rf"(</{kind}\s*>|<{kind}\s*/>)$", end):
        return
    connection.execute(
        """
        insert into dump_rows by name
        select $file as file_no, coalesce(max(row_no), 0) + 1 as row_no, $reason as reason from dump_rows
        where file_no = $file
        having not coalesce(max_by(reason is not null, row_no), false)
        """,
        {"file": file.number, "reason": f"the file ends without </{kind}>: cut off?"},
    )


def _rows_sql(kind: str) -> str:
    """SQL for the raw table's rows, out of `dump_rows`."""
    problems = []
    for column, attribute, is_needed in _ATTRIBUTES[kind]:
        if is_needed:
            problems.append(f"when {column} is null then '{attribute}: missing'")
        if column != "user_name":
            problems.append(
                f"when not regexp_full_match({column}, '-?\\d{{1,18}}')"
                f" then '{attribute}: expected a number, found ' || left({column}, 40)"
            )
    columns = ", ".join(
        f"{_unescaped(column)} as user_name" if column == "user_name" else column for column, *_ in _ATTRIBUTES[kind]
    )
    # A user is part of a snapshot, and no act of the day on which the account was made.
    instants = (
        "cast(null as timestamp) as row_at, created_at as joined_at" if kind == "users" else "created_at as row_at"
    )
    as_json = ", ".join(f"'{name}': {column}" for column, name, _ in _ATTRIBUTES[kind])
    stamp = "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z?"
    # What is shown of a bad row are the attributes that are read: lines hold texts, and are long.
    return f"""
    with dated as (
        select *, case when regexp_full_match(created, '{stamp}') then try_cast(created as timestamp) end as created_at
        from dump_rows
    ),
    judged as (
        select * replace (case
            when reason is not null then reason
            {" ".join(problems)}
            when created is null then 'CreationDate: missing'
            when created_at is null then 'CreationDate: expected an instant, found ' || left(created, 40)
            else {instant_problem("created_at")} end as reason)
        from dated
    )
    select file_no, row_no, {instants}, reason,
        case when reason is not null then
            coalesce(raw, cast(to_json({{{as_json}, 'CreationDate': created}}) as varchar)) end as raw,
        {columns}
    from judged
    """


def _unescaped(column: str) -> str:
    """SQL for a text with XML's entities resolved, each once: `&amp;lt;` is `&lt;`. What is none stays as it is."""
    digits = "case when p[3] = 'x' then '0x' || p[4:-2] else p[3:-2] end"
    code = f"try_cast({digits} as integer)"
    named = " ".join(
        f"when '&{name};' then {quoted(sign)}"
        for name, sign in (("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", '"'), ("apos", "'"))
    )
    return f"""array_to_string(list_transform(
        regexp_extract_all({column}, '&#x[0-9A-Fa-f]{{1,6}};|&#[0-9]{{1,7}};|&[a-z]+;|[^&]+|&'),
        lambda p: case p {named} else
            case when p[1:2] = '&#' and ({code} between 1 and 55295 or {code} between 57344 and 1114111)
                then chr({code}) else p end end), '')"""


@contextmanager
def _laid_out_by_lines(path: Path) -> Iterator[tuple[Path, str | None]]:
    """A copy of an XML file with one row a line, and what was wrong where it could not be read to its end."""
    with tempfile.NamedTemporaryFile("w", prefix="stillhere-", suffix=".xml", encoding="utf-8") as copy:
        broken = _copy_by_lines(path, copy)
        copy.flush()
        yield Path(copy.name), broken


def _copy_by_lines(path: Path, copy: IO[str]) -> str | None:
    from xml.parsers import expat

    parser = expat.ParserCreate()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 1:
            copy.write(f"<{name}>\n")
        elif depth == 2 and name == "row":
            written = "".join(f' {key}="{value.translate(_ESCAPES)}"' for key, value in attributes.items())
            copy.write(f"<row{written} />\n")
        else:
            copy.write(f"<{name}>: no row\n")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 0:
            copy.write(f"</{name}>\n")

    def doctype(*_: Any) -> None:
        raise expat.ExpatError("a document type")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, doctype
    try:
        with path.open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        return str(error)
    return None


FORMAT = StackExchange()
