"""Reading CSV, JSON Lines and Parquet files with a mapping of columns: the part that mapped formats share."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.formats.base import StagedFile, path_sql, quoted
from orchestration.formats.instants import bears_no_zone
from orchestration.formats.json_lines import load_json_lines
from orchestration.formats.tabular_columns import (
    SINGLE_VALUE,
    Column,
    Names,
    TabularOptions,
    chosen_columns,
    names_of,
    position_of,
    shown_key,
    without_blanks,
)
from orchestration.formats.tabular_csv import first_record, load_csv, told_delimiter
from orchestration.formats.tabular_files import (
    MAX_HEADER_CHARACTERS,
    Unreadable,
    kind_of,
    lines_sql,
    with_plain_line_ends,
    with_short_lines,
)

if TYPE_CHECKING:
    import duckdb


# The mapped columns that hold ids.
_IDS = ("member", "id", "container", "content", "parent", "thread", "target", "order_id")
# What databases and pandas write into a CSV file where there is no value.
NO_ID = ("NULL", "NaN", "None", "N/A")
_INSTANTS = ("written_at", "joined_at", "left_at", "answered_at", "invited_at", "contacted_at")
_ROWS_TO_TELL_BY = 1000


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
    wanted = {key: without_blanks(column) for key, column in columns.items()}
    for file in files:
        kind = kind_of(file.name)
        try:
            if kind == "parquet":
                _load_parquet(connection, file, wanted, free)
            else:
                with with_plain_line_ends(file) as plain:
                    if kind == "json lines":
                        load_json_lines(connection, plain, columns, free)
                    else:
                        load_csv(connection, plain, options, wanted)
        except Unreadable as problem:
            # A first line that names no column of these may be a row.
            shows_header = shows_lines or kind == "parquet" or not names_of(wanted).isdisjoint(problem.header)
            unreadable[file.number] = problem.told(shows_header)
        except connection_errors() as error:
            connection.execute("delete from mapped where file_no = ?", [file.number])
            unreadable[file.number] = f"cannot be read as {kind}: {str(error).splitlines()[0]}"
    ids = [key for key in columns if key in _IDS]
    _mend_ids(connection, ids)
    _empty_ids(connection, ids, [file.number for file in files if kind_of(file.name) == "csv"])
    if not shows_lines:
        connection.execute("update mapped set raw = null where raw is not null")
    return unreadable


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


def _empty_ids(connection: duckdb.DuckDBPyConnection, keys: Sequence[str], csv_files: Sequence[int]) -> None:
    """Takes away the words for nothing from the ids of CSV files: all rows without one would have the same."""
    if not keys or not csv_files:
        return
    # To trim every id takes four times as long as to look for what may stand behind a comma.
    words = ", ".join(quoted(blank + word) for word in NO_ID for blank in ("", " "))
    is_none = {key: f"file_no in ({', '.join(map(str, csv_files))}) and {key} in ({words})" for key in keys}
    found = connection.execute(f"select {', '.join(f'bool_or({sql})' for sql in is_none.values())} from mapped")
    for (key, sql), has_some in zip(is_none.items(), found.fetchone() or (), strict=True):
        if has_some:
            connection.execute(f"update mapped set {key} = null where {sql}")


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
            with with_short_lines(file) as (short, _):
                first = f"select line from ({lines_sql(short)}) where line <> '' order by row_no limit 1"
                found = connection.execute(f"select json_keys(line) from ({first}) where json_valid(line)").fetchone()
            return list(found[0]) if found and found[0] else []
        with file.path.open(encoding="utf-8-sig", newline="") as handle:
            text = handle.read(MAX_HEADER_CHARACTERS).lstrip("\r\n")
        return first_record(text, told_delimiter(text, wanted)) if text.strip() else []
    except (*connection_errors(), Unreadable):
        return []


def connection_errors() -> tuple[type[Exception], ...]:
    """What DuckDB raises about a file's content."""
    import duckdb

    return (duckdb.Error,)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


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
    chosen = chosen_columns(columns, found)

    def as_text(key: str, column: Column | None) -> str:
        if column is None:
            return "null"
        name = names[position_of(column, found) - 1]
        if key not in free and re.search(r"^(STRUCT|MAP|UNION|VARIANT)\b|\]$", types[name]):
            raise Unreadable(f"{shown_key(key)} = {column!r}: {SINGLE_VALUE}, found {types[name][:80]}")
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
