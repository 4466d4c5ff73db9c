"""Reading CSV, JSON Lines and Parquet files with a mapping of columns: the part that mapped formats share."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from orchestration.config import Timezone
from orchestration.formats.base import RAW_KEPT_CHARACTERS, Options, StagedFile

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


def _column(reference: str | int) -> str | int:
    if isinstance(reference, int) and reference < 1:
        raise ValueError(f"{reference}: columns without a header are counted from 1")
    return reference


Column = Annotated[str | int, AfterValidator(_column)]


class TabularOptions(Options):
    """Keys of every mapped format: how the file is cut into columns, and how its instants are written.

    Attributes:
        delimiter: one character, "whitespace" (any run of blanks), or "auto" (comma, semicolon, tab or bar).
        header: whether the first line names the columns; without it columns are numbers from 1.
        timezone: the zone of instants that bear none.
        instants: "auto" tells ISO, epoch seconds and epoch milliseconds apart; or a strptime pattern, "%d.%m.%Y %H:%M".
    """

    delimiter: str = Field("auto", min_length=1)
    header: bool = True
    timezone: Timezone = "UTC"
    instants: str = "auto"


def kind_of(name: str) -> Literal["csv", "json lines", "parquet"] | None:
    """How a file is to be read, by its ending; None: not a table."""
    return _ENDINGS.get(Path(name).suffix.lower())  # type: ignore[return-value]


def mapped_columns(columns: Options) -> dict[str, Column]:
    """The columns that a config maps, by their key; `at` is a word of SQL's own, so the instant is `written_at`."""
    given = columns.model_dump(exclude_none=True)
    return {"written_at" if key == "at" else key: column for key, column in given.items()}


def load_columns(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[StagedFile],
    options: TabularOptions,
    columns: dict[str, Column],
) -> dict[int, str]:
    """Reads the mapped columns of files into the temporary table `mapped`.

    `mapped` has file_no, row_no, reason and raw (both null but for lines that cannot be cut into columns), and one
    VARCHAR column for each key of `columns`.

    Returns:
        The files of which nothing could be read, by number, with the reason.
    """
    fields = ", ".join(f"{name} varchar" for name in columns)
    connection.execute(
        f"create or replace temp table mapped (file_no integer, row_no bigint, reason varchar, raw varchar, {fields})"
    )
    unreadable: dict[int, str] = {}
    for file in files:
        kind = kind_of(file.name)
        try:
            if kind == "parquet":
                _load_parquet(connection, file, columns)
            elif kind == "json lines":
                _load_json_lines(connection, file, columns)
            else:
                _load_csv(connection, file, options, columns)
        except _Unreadable as problem:
            unreadable[file.number] = str(problem)
        except connection_errors() as error:
            connection.execute("delete from mapped where file_no = ?", [file.number])
            unreadable[file.number] = f"cannot be read as {kind}: {str(error).splitlines()[0]}"
    return unreadable


class _Unreadable(Exception):
    pass


def connection_errors() -> tuple[type[Exception], ...]:
    """What DuckDB raises about a file's content."""
    import duckdb

    return (duckdb.Error,)


def quoted(name: str) -> str:
    """A string as an SQL literal."""
    return "'" + name.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _require(columns: dict[str, Column], found: Sequence[str]) -> None:
    missing = [f"{'at' if key == 'written_at' else key} = {column!r}" for key, column in columns.items() if isinstance(column, str) and column not in found]
    if missing:
        raise _Unreadable(f"no such column: {', '.join(missing)}; found: {', '.join(found)[:300]}")
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers and max(numbers) > len(found):
        raise _Unreadable(f"no column {max(numbers)}: the first line has {len(found)}")


def _chosen(columns: dict[str, Column], found: Sequence[str]) -> str:
    """SQL for the mapped columns out of the found ones, in the order of `columns`."""
    return ", ".join(_identifier(found[c - 1] if isinstance(c, int) else c) for c in columns.values())


def _load_parquet(connection: duckdb.DuckDBPyConnection, file: StagedFile, columns: dict[str, Column]) -> None:
    described = connection.execute(f"describe select * from read_parquet({quoted(str(file.path))})").fetchall()
    found = [row[0] for row in described]
    types = {row[0]: row[1] for row in described}
    _require(columns, found)

    def as_text(column: Column) -> str:
        name = found[column - 1] if isinstance(column, int) else column
        # An instant with a zone is written out with its offset; the session's zone is UTC.
        return f"cast({_identifier(name)} as varchar)" + (" || ':00'" if types[name] == "TIMESTAMP WITH TIME ZONE" else "")

    connection.execute(
        f"""
        insert into mapped
        select {file.number}, row_number() over (), null, null, {", ".join(as_text(c) for c in columns.values())}
        from read_parquet({quoted(str(file.path))})
        """
    )


def _load_json_lines(connection: duckdb.DuckDBPyConnection, file: StagedFile, columns: dict[str, Column]) -> None:
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers:
        raise _Unreadable(f"JSON Lines have no column {numbers[0]}: name the columns")
    values = ", ".join(
        f"case when ok then json_extract_string(line, {quoted('$.' + _json_path(str(c)))}) end" for c in columns.values()
    )
    connection.execute(
        f"""
        insert into mapped
        with lines as (
            select row_number() over () as row_no, trim(ltrim(line, chr(65279))) as line
            from read_csv({quoted(str(file.path))}, auto_detect = false, header = false, delim = chr(1), quote = '',
                escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {_MAX_LINE_BYTES})
        ),
        checked as (
            select row_no, line, coalesce(json_valid(line) and try(json_type(line)) = 'OBJECT', false) as ok
            from lines where line <> ''
        )
        select {file.number}, row_no, case when not ok then 'expected a JSON object on the line' end,
            case when not ok then left(line, {RAW_KEPT_CHARACTERS}) end, {values}
        from checked
        """
    )


def _json_path(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))


def _load_csv(
    connection: duckdb.DuckDBPyConnection, file: StagedFile, options: TabularOptions, columns: dict[str, Column]
) -> None:
    with file.path.open(encoding="utf-8-sig", newline="") as handle:
        first = "".join(itertools.islice(handle, 1))[:_MAX_LINE_BYTES].rstrip("\r\n")
    if not first:
        raise _Unreadable("empty file")
    if options.delimiter == "whitespace":
        _load_blank_separated(connection, file, options, columns, first.split())
        return
    named = [str(column) for column in columns.values() if isinstance(column, str)]
    delimiter = _delimiter(first, named) if options.delimiter == "auto" else options.delimiter
    cells = next(csv.reader([first], delimiter=delimiter))
    found = cells if options.header else [str(i + 1) for i in range(len(cells))]
    if len(set(found)) < len(found):
        raise _Unreadable(f"the first line names a column twice: {', '.join(found)[:300]}")
    _require(columns, found)
    types = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in found)
    scan = (
        f"read_csv({quoted(str(file.path))}, auto_detect = false, header = {str(options.header).lower()},"
        f" delim = {quoted(delimiter)}, quote = '\"', escape = '\"', columns = {{{types}}}, store_rejects = true,"
        f" rejects_limit = 0, max_line_size = {_MAX_LINE_BYTES})"
    )
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {table}")
    connection.execute(
        f"insert into mapped select {file.number}, row_number() over (), null, null, {_chosen(columns, found)} from {scan}"
    )
    # One bad line may be reported for several reasons: it is one row all the same.
    connection.execute(
        f"""
        insert into mapped
        select {file.number}, line, min('line ' || line || ': ' || lower(error_type::varchar) || ': ' || error_message),
            left(any_value(csv_line), {RAW_KEPT_CHARACTERS}), {", ".join("null" for _ in columns)}
        from reject_errors group by line
        """
    )


def _load_blank_separated(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    options: TabularOptions,
    columns: dict[str, Column],
    first: list[str],
) -> None:
    found = first if options.header else [str(i + 1) for i in range(len(first))]
    _require(columns, found)
    positions = [column if isinstance(column, int) else found.index(column) + 1 for column in columns.values()]
    values = ", ".join(f"case when len(cells) = {len(found)} then cells[{position}] end" for position in positions)
    connection.execute(
        f"""
        insert into mapped
        with lines as (
            select row_number() over () as row_no, trim(ltrim(line, chr(65279))) as line
            from read_csv({quoted(str(file.path))}, auto_detect = false, header = false, delim = chr(1), quote = '',
                escape = '', columns = {{'line': 'VARCHAR'}}, max_line_size = {_MAX_LINE_BYTES})
        ),
        cut as (
            select row_no, line, regexp_split_to_array(line, '\\s+') as cells
            from lines where line <> '' and (row_no > 1 or not {str(options.header).lower()})
        )
        select {file.number}, row_no,
            case when len(cells) <> {len(found)} then 'expected {len(found)} columns, found ' || len(cells) end,
            case when len(cells) <> {len(found)} then left(line, {RAW_KEPT_CHARACTERS}) end, {values}
        from cut
        """
    )


def _delimiter(first: str, wanted: list[str]) -> str:
    """The delimiter under which the first line shows most of the wanted columns; then the one that cuts it most."""

    def fit(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([first], delimiter=delimiter))
        return sum(name in cells for name in wanted), len(cells)

    return max(_DELIMITERS, key=fit)


def instant_sql(column: str, options: TabularOptions) -> str:
    """SQL for the UTC TIMESTAMP of an instant written as text in `column`; null where it cannot be read."""
    zone = quoted(options.timezone)
    local = f"cast(timezone('UTC', timezone({zone}, {{}})) as timestamp)"
    if options.instants != "auto":
        return local.format(f"try_strptime({column}, {quoted(options.instants)})")
    return (
        f"case when regexp_full_match({column}, '\\d{{9,11}}(\\.\\d+)?')"
        f" then make_timestamp(cast(cast({column} as decimal(20, 6)) * 1000000 as bigint))"
        f" when regexp_full_match({column}, '\\d{{12,14}}') then make_timestamp(cast({column} as bigint) * 1000)"
        f" when regexp_matches({column}, '(Z|[zZ]ulu|UTC|[+-]\\d{{2}}(:?\\d{{2}})?(:\\d{{2}})?)$')"
        f" and regexp_matches({column}, '\\d{{1,2}}:\\d{{2}}')"
        f" then timezone('UTC', try_cast({column} as timestamptz))"
        f" else {local.format(f'try_cast({column} as timestamp)')} end"
    )


def precision_sql(column: str, options: TabularOptions) -> str:
    """SQL for `time_precision`: 'day' where the text gives a date alone, else 'exact'."""
    if options.instants != "auto":
        return "'exact'" if any(p in options.instants for p in ("%H", "%I", "%X", "%c")) else "'day'"
    return f"case when regexp_full_match({column}, '\\d{{4}}-\\d{{2}}-\\d{{2}}') then 'day' else 'exact' end"
