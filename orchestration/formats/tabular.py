"""Reading CSV, JSON Lines and Parquet files with a mapping of columns: the part that mapped formats share."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import tempfile
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from orchestration.config import Timezone
from orchestration.formats.base import RAW_KEPT_CHARACTERS, Options, StagedFile, path_sql, quoted
from orchestration.formats.damaged_text import Line, line_end, lines_longer_than, lines_within_quotes, without
from orchestration.formats.instants import bears_no_zone, known_pattern

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
_DELIMITERS = (",", ";", "\t", "|")
_MAX_LINE_BYTES = 16 * 1024 * 1024
# Longer lines than that are longer than DuckDB's buffer may be, too.
_FITS_BUFFER = 8 * _MAX_LINE_BYTES
# The mapped columns that hold ids.
_IDS = ("member", "id", "container", "content", "parent", "thread", "target", "order_id")
_INSTANTS = ("written_at", "joined_at", "left_at", "answered_at", "invited_at", "contacted_at")
_SINGLE = "expected a text or a number"
_AN_OBJECT = "an object (a value within it is named with a dot, as in author.id)"
_TOO_LONG = f"longer than {_MAX_LINE_BYTES >> 20} MB"
_MAX_HEADER_CHARACTERS = 1 << 20
_MAX_COLUMNS = 10_000
_ROWS_TO_TELL_BY = 1000
_FIRST_LINE = re.compile(rb'[\r\n]*(?:"[^"]*"|[^"\r\n])*(\r\n|\r|\n)')
# How a spreadsheet may tell, in a line of its own, what its columns are separated by.
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?[\r\n]+', re.IGNORECASE)
# What no line holds, so that DuckDB's CSV reader hands out whole lines.
_NO_DELIMITER = "\x01\x02\x03\x04"


def _column(reference: Any) -> Any:
    if isinstance(reference, bool) or (isinstance(reference, str) and not reference.strip()):
        raise ValueError(f"{json.dumps(reference)}: expected the name of a column, or its number")
    if isinstance(reference, int) and not 1 <= reference <= _MAX_COLUMNS:
        raise ValueError(f"{reference}: columns without a header are counted from 1, up to {_MAX_COLUMNS:,}")
    return reference


def _delimiter_option(text: str) -> str:
    if text in ("auto", "whitespace") or (len(text) == 1 and text.isprintable() and text not in '"') or text == "\t":
        return text
    raise ValueError(f'{text!r}: expected one character such as ";", or "auto", or "whitespace"')


Column = Annotated[str | int, BeforeValidator(_column)]
# The names under which a platform's exports have a column: the first that is there. None among them: it may be missing.
Names = tuple[str | None, ...]


SourceName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]


class TabularOptions(Options):
    """Keys of every mapped format: how the file is cut into columns, and how its instants are written.

    Attributes:
        delimiter: one character, "whitespace" (any run of blanks), or "auto" (comma, semicolon, tab or bar).
        header: whether the first line names the columns; without it columns are numbers from 1.
        timezone: the zone of instants that bear none.
        instants: "auto" tells ISO, epoch seconds and epoch milliseconds apart; or a strptime pattern, "%d.%m.%Y %H:%M".
    """

    delimiter: Annotated[str, AfterValidator(_delimiter_option)] = "auto"
    header: StrictBool = True
    timezone: Timezone = "UTC"
    instants: Annotated[str, AfterValidator(known_pattern)] = "auto"


def kind_of(name: str) -> Literal["csv", "json lines", "parquet"] | None:
    """How a file is to be read, by its ending; None: not a table."""
    if Path(name).name.startswith("._"):  # macOS puts a file's attributes beside it in archives
        return None
    return _ENDINGS.get(Path(name).suffix.lower())  # type: ignore[return-value]


def mapped_columns(columns: Options) -> dict[str, Column]:
    """The columns that a config maps, by their key; `at` is a word of SQL's own, so the instant is `written_at`."""
    given = columns.model_dump(exclude_none=True)
    return {"written_at" if key == "at" else key: column for key, column in given.items()}


def as_raw(columns: Iterable[str], **instead: str) -> str:
    """SQL for a row's mapped columns as one JSON text: what the quarantine shows of a bad row.

    Args:
        instead: other SQL for some of the columns.
    """
    return "cast(to_json({" + ", ".join(f"'{name}': {instead.get(name, name)}" for name in columns) + "}) as varchar)"


def load_columns(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[StagedFile],
    options: TabularOptions,
    columns: Mapping[str, Column | Names],
    free: Container[str] = (),
    shows_lines: bool = True,
) -> dict[int, str]:
    """Reads the mapped columns of files into the temporary table `mapped`.

    `mapped` has file_no, row_no, reason and raw (both null but for what cannot be cut into columns of single values),
    and one VARCHAR column for each key of `columns`; that of a column which is not there, and may be missing, is null.

    Args:
        free: the keys whose columns may hold lists and objects, which become their JSON.
        shows_lines: whether `raw` and reasons may show what stands in a line, in columns that are not mapped too.

    Returns:
        The files of which nothing could be read, by number, with the reason.
    """
    fields = ", ".join(f"{name} varchar" for name in columns)
    connection.execute(
        f"create or replace temp table mapped (file_no integer, row_no bigint, reason varchar, raw varchar, {fields})"
    )
    unreadable: dict[int, str] = {}
    # Blanks around a name in a header are none of its own.
    bare = {key: _bare(column) for key, column in columns.items()}
    for file in files:
        kind = kind_of(file.name)
        try:
            if kind == "parquet":
                _load_parquet(connection, file, bare, free)
            else:
                with _with_plain_line_ends(file) as plain:
                    if kind == "json lines":
                        _load_json_lines(connection, plain, columns, free)
                    else:
                        _load_csv(connection, plain, options, bare)
        except _Unreadable as problem:
            # A first line that names no column of these may be a row.
            shows_header = shows_lines or kind == "parquet" or not _names(bare).isdisjoint(problem.header)
            unreadable[file.number] = problem.told(shows_header)
        except connection_errors() as error:
            connection.execute("delete from mapped where file_no = ?", [file.number])
            unreadable[file.number] = f"cannot be read as {kind}: {str(error).splitlines()[0]}"
    _mend_ids(connection, [key for key in columns if key in _IDS])
    if not shows_lines:
        connection.execute("update mapped set raw = null where raw is not null")
    return unreadable


def _bare(column: Column | Names) -> Column | Names:
    if isinstance(column, tuple):
        return tuple(name and name.strip() for name in column)
    return column.strip() if isinstance(column, str) else column


def _mend_ids(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    """Takes the point off whole numbers, and tells of those that have lost digits.

    A column of whole numbers with a gap in it is one of fractions to most programs: 17 becomes 17.0. Spreadsheets write
    long numbers as 1.04467E+17.
    """
    if not keys:
        return
    # Most ids have neither a point and a zero nor a plus in them, and need no second look.
    doubtful = ", ".join(f"bool_or(contains({key}, '.0') or contains({key}, '+'))" for key in keys)
    found = connection.execute(f"select {doubtful} from mapped").fetchone() or ()
    for key in (key for key, is_doubtful in zip(keys, found, strict=True) if is_doubtful):
        connection.execute(
            f"""
            update mapped set {key} = regexp_replace(trim({key}), '[.]0$', '')
            where regexp_full_match(trim({key}), '-?[0-9]{{1,15}}[.]0');
            update mapped
            set reason = '{key}: ' || left({key}, 40) || ' is a number without its last digits: export it as text'
            where reason is null
                and regexp_full_match(trim({key}), '-?[0-9]([.,][0-9]+)?[eE][+][0-9]+|-?[0-9]{{16,}}[.]0')
            """
        )


def lacks_zone(connection: duckdb.DuckDBPyConnection, options: TabularOptions, columns: Iterable[str]) -> bool:
    """Whether there are instants without a zone among the first rows of `mapped`, and the config gives none."""
    if "timezone" in options.model_fields_set:
        return False
    local = " or ".join(bears_no_zone(key, options) for key in columns if key in _INSTANTS) or "false"
    query = f"select coalesce(bool_or({local}), false) from (from mapped limit {_ROWS_TO_TELL_BY})"
    return connection.execute(query).fetchone() == (True,)


def columns_of(connection: duckdb.DuckDBPyConnection, file: StagedFile, wanted: Sequence[str]) -> list[str]:
    """The columns that a file names: in its first line, its first object, or its schema; none where it cannot be read.

    Args:
        wanted: names that tell one delimiter from another.
    """
    kind = kind_of(file.name)
    try:
        if kind == "parquet":
            scan = f"read_parquet({path_sql(file.path)}, hive_partitioning = false)"
            return [row[0] for row in connection.execute(f"describe select * from {scan}").fetchall()]
        if kind == "json lines":
            with _with_short_lines(file) as (short, _):
                first = f"select line from ({_lines(short)}) where line <> '' order by row_no limit 1"
                found = connection.execute(f"select json_keys(line) from ({first}) where json_valid(line)").fetchone()
            return list(found[0]) if found and found[0] else []
        with file.path.open(encoding="utf-8-sig", newline="") as handle:
            text = handle.read(_MAX_HEADER_CHARACTERS).lstrip("\r\n")
        return _first_record(text, _delimiter(text, wanted)) if text.strip() else []
    except (*connection_errors(), _Unreadable):
        return []


class _Unreadable(Exception):
    """Nothing of a file can be read; `header` are the columns it was found to have, where the reason lies in them."""

    def __init__(self, reason: str, header: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.header = header

    def told(self, shows_header: bool) -> str:
        """The reason, with the columns that were found where they may be shown."""
        return f"{self}; found: {', '.join(self.header)[:300]}" if self.header and shows_header else str(self)


def connection_errors() -> tuple[type[Exception], ...]:
    """What DuckDB raises about a file's content."""
    import duckdb

    return (duckdb.Error,)


@contextmanager
def _with_plain_line_ends(file: StagedFile) -> Iterator[StagedFile]:
    """The file itself, or where its line ends are mixed a copy in which all are alike.

    DuckDB goes by the first line end it meets, and then refuses the others or, worse, finds no rows. In the copy all
    line ends are "\\n"; a carriage return alone is one of them where it ends the first line, and else a blank.
    """
    if not _has_mixed_line_ends(file.path):
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="stillhere-", suffix=Path(file.name).suffix) as copy:
        with file.path.open("rb") as text:
            ends_first = _FIRST_LINE.match(text.read(_MAX_HEADER_CHARACTERS).removeprefix(codecs.BOM_UTF8))
            alone = b"\n" if ends_first and ends_first[1] == b"\r" else b" "
            text.seek(0)
            while chunk := text.read(1 << 20):
                while chunk.endswith(b"\r") and (more := text.read(1)):
                    chunk += more
                copy.write(chunk.replace(b"\r\n", b"\n").replace(b"\r", alone))
        copy.flush()
        yield replace(file, path=Path(copy.name))


@contextmanager
def _with_short_lines(file: StagedFile) -> Iterator[tuple[StagedFile, list[Line]]]:
    """The file itself, or where lines of it are too long for DuckDB a copy in which these are blank; and those lines.

    DuckDB gives up all of a file for such a line.
    """
    long = list(lines_longer_than(file.path, _MAX_LINE_BYTES, line_end(file.path)))
    if not long:
        yield file, long
        return
    with tempfile.NamedTemporaryFile(prefix="stillhere-", suffix=Path(file.name).suffix) as copy:
        without(long, file.path, copy)
        yield replace(file, path=Path(copy.name)), long


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


def _chosen(columns: Mapping[str, Column | Names], found: Sequence[str]) -> dict[str, Column | None]:
    """Which of the found columns is whose; None: it is not there, and need not be."""

    def choose(column: Column | Names) -> Column | None:
        if not isinstance(column, tuple):
            return column
        # One that is required and is not there is told by the name it is best known by.
        return next((name for name in column if name in found), None if None in column else column[0])

    chosen = {key: choose(column) for key, column in columns.items()}
    _require({key: column for key, column in chosen.items() if column is not None}, found)
    return chosen


def _names(columns: Mapping[str, Column | Names]) -> set[str]:
    """Every name that a column may have."""
    several = (column if isinstance(column, tuple) else (column,) for column in columns.values())
    return {name for names in several for name in names if isinstance(name, str)}


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shown(key: str) -> str:
    """What the config calls a mapped column."""
    return "at" if key == "written_at" else key


def _require(columns: dict[str, Column], found: Sequence[str]) -> None:
    names = {_shown(key): column for key, column in columns.items()}
    times = Counter(found)
    missing = [f"{key} = {c!r}" for key, c in names.items() if isinstance(c, str) and not times[c]]
    if missing:
        raise _Unreadable(f"no such column: {', '.join(missing)}", found)
    unclear = [f"{key} = {c!r}" for key, c in names.items() if isinstance(c, str) and times[c] > 1]
    if unclear:
        raise _Unreadable(f"the first line names a column twice: {', '.join(unclear)}", found)
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers and max(numbers) > len(found):
        raise _Unreadable(f"no column {max(numbers)}: the first line has {len(found)}")


def _position(column: Column, found: Sequence[str]) -> int:
    """Where a column is among the found ones, counted from 1."""
    return column if isinstance(column, int) else list(found).index(column) + 1


def _load_parquet(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    columns: Mapping[str, Column | Names],
    free: Container[str],
) -> None:
    scan = f"read_parquet({path_sql(file.path)}, hive_partitioning = false)"
    described = connection.execute(f"describe select * from {scan}").fetchall()
    names = [row[0] for row in described]
    found = [name.strip() for name in names]
    types = {row[0]: row[1] for row in described}
    chosen = _chosen(columns, found)

    def as_text(key: str, column: Column | None) -> str:
        if column is None:
            return "null"
        name = names[_position(column, found) - 1]
        if key not in free and re.search(r"^(STRUCT|MAP|UNION|VARIANT)\b|\]$", types[name]):
            raise _Unreadable(f"{_shown(key)} = {column!r}: {_SINGLE}, found {types[name][:80]}")
        # An instant with a zone is written out with its offset; the session's zone is UTC.
        return f"cast({_identifier(name)} as varchar)" + (
            " || ':00'" if types[name] == "TIMESTAMP WITH TIME ZONE" else ""
        )

    values = ", ".join(as_text(key, column) for key, column in chosen.items())
    connection.execute(
        f"""
        insert into mapped
        select {file.number}, row_number() over (), null, null, {values}
        from {scan}
        """
    )


def _load_json_lines(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    columns: Mapping[str, Column | Names],
    free: Container[str],
) -> None:
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers:
        raise _Unreadable(f"JSON Lines have no column {numbers[0]}: name the columns")
    # A line may lack any key, so that each is looked for under all its names.
    paths = {
        key: [path for name in (c if isinstance(c, tuple) else (str(c),)) if name for path in _json_paths(name)]
        for key, c in columns.items()
    }
    values = ", ".join(
        f"case when ok then coalesce({', '.join(f'json_extract_string(line, {path})' for path in some)}) end as {key}"
        for key, some in paths.items()
    )
    not_single = " ".join(
        f"when {key}[1] in ('{{', '[') and {_json_kind(some)} in ('OBJECT', 'ARRAY')"
        f" then '{_shown(key)}: {_SINGLE}, found ' || if({key}[1] = '[', 'a list', '{_AN_OBJECT}')"
        for key, some in paths.items()
        if key not in free
    )
    with _with_short_lines(file) as (short, long):
        found = connection.execute(
            f"""
            insert into mapped
            with lines as ({_lines(short)}),
            checked as (
                select row_no, line, coalesce(json_valid(line) and try(json_type(line)) = 'OBJECT', false) as ok
                from lines where line <> ''
            ),
            cut as (select *, {values} from checked)
            select {file.number}, row_no, case when not ok then 'expected a JSON object on the line' {not_single} end,
                case when not ok then left(line, {RAW_KEPT_CHARACTERS}) end, {", ".join(columns)}
            from cut
            """
        ).fetchone()
    if found == (0,):
        raise _Unreadable(f"line {long[0].number} is {_TOO_LONG}, and there is no other" if long else "empty file")
    _add_long_lines(connection, file, long, columns)


def _add_long_lines(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    lines: Sequence[Line],
    columns: Mapping[str, Column | Names],
) -> None:
    """Adds the lines that were too long to be read to `mapped`, as rows that are bad."""
    nulls = ", ".join("null" for _ in columns)
    with file.path.open("rb") as text:
        for line in lines:
            text.seek(line.start)
            head = text.read(RAW_KEPT_CHARACTERS).decode(errors="ignore")
            connection.execute(
                f"insert into mapped select {file.number}, ?, 'line ' || ? || ' is {_TOO_LONG}', ?, {nulls}",
                [line.number, line.number, head],
            )


def _lines(file: StagedFile) -> str:
    """SQL for a text file's lines, numbered from 1, without the blanks around them."""
    return f"""
        select row_number() over () as row_no, trim(ltrim(line, chr(65279)), e' \\t\\r') as line
        from read_csv({path_sql(file.path)}, auto_detect = false, header = false, delim = '{_NO_DELIMITER}', quote = '',
            escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {_MAX_LINE_BYTES}, hive_partitioning = false)
    """


def _json_paths(name: str) -> list[str]:
    """SQL for the paths where a key may lie; "a.b" is the key of that name, else b within a."""
    keys = [part.replace("\\", "\\\\").replace('"', '\\"') for part in (name, *name.split("."))]
    flat, nested = f'$."{keys[0]}"', "$." + ".".join(f'"{key}"' for key in keys[1:])
    return [quoted(path) for path in dict.fromkeys((flat, nested))]


def _json_kind(paths: Sequence[str]) -> str:
    """SQL for the JSON type of the first value that lies at one of the paths."""
    return "coalesce(" + ", ".join(f"nullif(json_type(line, {path}), 'NULL')" for path in paths) + ")"


def _load_csv(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    options: TabularOptions,
    columns: Mapping[str, Column | Names],
) -> None:
    if options.delimiter != "whitespace":
        _refuse_giant_lines(file)
    with file.path.open(encoding="utf-8-sig", newline="") as handle:
        head = handle.read(_MAX_HEADER_CHARACTERS)
    text = head.lstrip("\r\n")
    delimiter = options.delimiter
    if told := _SEPARATOR.match(text):
        text = text[told.end() :].lstrip("\r\n")
        delimiter = told[1] if delimiter == "auto" else delimiter
    if not text.strip():
        raise _Unreadable("empty file")
    if options.delimiter == "whitespace":
        first = re.split(r"[\r\n]", text, maxsplit=1)[0]
        if len(first) == len(text) == _MAX_HEADER_CHARACTERS:
            raise _Unreadable(f"the first line is longer than {_MAX_HEADER_CHARACTERS >> 20} MB")
        _load_blank_separated(connection, file, options, columns, first.split())
        return
    delimiter = _delimiter(text, _names(columns)) if delimiter == "auto" else delimiter
    cells = [cell.strip() for cell in _first_record(text, delimiter)]
    found = cells if options.header else [str(i + 1) for i in range(len(cells))]
    chosen = _chosen(columns, found)
    skipped = head[: len(head) - len(text)].replace("\r\n", "\n").replace("\r", "\n").count("\n")
    # Columns go by their number: names may be alike but for case, which DuckDB does not tell apart.
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(1, len(found) + 1))
    picked = ", ".join(
        f"{'null' if column is None else f'c{_position(column, found)}'} as {key}" for key, column in chosen.items()
    )
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {table}")
    above = skipped + options.header
    connection.execute(
        f"""
        insert into mapped
        select {file.number}, row_number() over () + {above}, null, null, {", ".join(columns)}
        from (
            select {picked}
            from read_csv({path_sql(file.path)}, auto_detect = false, header = {str(options.header).lower()},
                skip = {skipped}, delim = {quoted(delimiter)}, quote = '"', escape = '"', columns = {{{types}}},
                store_rejects = true, rejects_limit = 0, max_line_size = {_MAX_LINE_BYTES}, hive_partitioning = false)
        )
        """
    )
    if connection.execute("select count(*) > 0 from reject_errors").fetchone() == (True,):
        _note_rejected(connection, file, delimiter)
        _add_rejected(connection, file, columns, above)


def _refuse_giant_lines(file: StagedFile) -> None:
    """Refuses a file with a line that DuckDB would leave out without a word."""
    if line := next(lines_longer_than(file.path, _FITS_BUFFER, line_end(file.path)), None):
        raise _Unreadable(f"line {line.number} is longer than {_FITS_BUFFER >> 20} MB; nothing of the file is read")


def _note_rejected(connection: duckdb.DuckDBPyConnection, file: StagedFile, delimiter: str) -> None:
    """Fills `rejected` with the lines that DuckDB rejected: line, reason, raw.

    A stray quote takes lines along as far as the next one, or all that follow. DuckDB tells of that as one row.
    """
    # One bad line may be reported for several reasons: it is one row all the same.
    connection.execute(
        f"""
        create or replace temp table rejected as
        select line, min('line ' || line || ': ' || lower(error_type::varchar) || ': ' || error_message) as reason,
            left(any_value(csv_line), {RAW_KEPT_CHARACTERS}) as raw
        from reject_errors group by line
        """
    )
    quoted_on = connection.execute(
        """
        select line, min(line_byte_position) - 1 from reject_errors
        where error_type = 'UNQUOTED VALUE' and contains(csv_line, chr(10)) group by line order by line
        """
    ).fetchall()
    for line, start in quoted_on:
        connection.execute(
            """
            insert into rejected
            select line, 'line ' || line || ': within the quote that opens in line ' || $line, null
            from (select unnest(range($line + 1, $line + $lines)) as line)
            """,
            {"line": line, "lines": lines_within_quotes(file.path, start, delimiter)},
        )


def _add_rejected(
    connection: duckdb.DuckDBPyConnection, file: StagedFile, columns: Mapping[str, Column | Names], above: int
) -> None:
    """Adds a CSV file's lines in `rejected` to its good ones in `mapped`, and numbers these anew by their lines.

    DuckDB numbers only what it rejects. A good row's number (a row's lines are one) is its place among the good ones,
    and as many more as lines were rejected before it; `above` are the lines before the first row.
    """
    connection.execute(
        f"""
        create or replace temp table good as select * from mapped where file_no = {file.number};
        delete from mapped where file_no = {file.number}
        """
    )
    connection.execute(
        """
        insert into mapped
        with numbered as (select line, row_number() over (order by line) as rejects from rejected),
        steps as (
            select line - rejects as good_before, max(rejects) as rejects from numbered group by good_before
        )
        select good.* replace (good.row_no + coalesce(steps.rejects, 0) as row_no)
        from good asof left join steps on good.row_no > steps.good_before
        """
    )
    nulls = ", ".join("null" for _ in columns)
    connection.execute(f"insert into mapped select {file.number}, line, reason, raw, {nulls} from rejected")
    connection.execute("drop table good; drop table rejected")


def _first_record(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise _Unreadable(f"the first line cannot be cut into columns: {error}") from None


def _load_blank_separated(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    options: TabularOptions,
    columns: Mapping[str, Column | Names],
    first: list[str],
) -> None:
    found = first if options.header else [str(i + 1) for i in range(len(first))]
    values = ", ".join(
        f"case when len(cells) = {len(found)} then cells[{_position(column, found)}] end" if column else "null"
        for column in _chosen(columns, found).values()
    )
    with _with_short_lines(file) as (short, long):
        connection.execute(
            f"""
            insert into mapped
            with lines as ({_lines(short)}),
            cut as (
                select row_no, line, regexp_split_to_array(line, '\\s+') as cells
                from lines where line <> ''
                {"qualify row_no > min(row_no) over ()" if options.header else ""}
            )
            select {file.number}, row_no,
                case when len(cells) <> {len(found)} then 'expected {len(found)} columns, found ' || len(cells) end,
                case when len(cells) <> {len(found)} then left(line, {RAW_KEPT_CHARACTERS}) end, {values}
            from cut
            """
        )
    _add_long_lines(connection, file, long, columns)


def _delimiter(text: str, wanted: Collection[str]) -> str:
    """The delimiter under which the first line shows most of the wanted columns; then the one that cuts it most."""

    def fit(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip() for cell in _first_record(text, delimiter)]
        return sum(name in cells for name in wanted), len(cells)

    return max(_DELIMITERS, key=fit)
