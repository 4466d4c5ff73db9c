"""Taking mapped columns out of JSON Lines, one object a line."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.formats.base import RAW_KEPT_CHARACTERS, StagedFile, quoted
from orchestration.formats.tabular_columns import SINGLE_VALUE, Column, Names, shown_key
from orchestration.formats.tabular_files import TOO_LONG, Unreadable, add_long_lines, lines_sql, with_short_lines

if TYPE_CHECKING:
    import duckdb

_AN_OBJECT = "an object (a value within it is named with a dot, as in author.id)"


def load_json_lines(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    columns: Mapping[str, Column | Names],
    free: Container[str],
) -> None:
    """Adds a file's objects to `mapped`, and lines that are none as rows that are bad.

    Args:
        free: the keys whose values may be lists and objects.
    """
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers:
        raise Unreadable(f"JSON Lines have no column {numbers[0]}: name the columns")
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
        f" then '{shown_key(key)}: {SINGLE_VALUE}, found ' || if({key}[1] = '[', 'a list', '{_AN_OBJECT}')"
        for key, some in paths.items()
        if key not in free
    )
    with with_short_lines(file) as (short, long):
        found = connection.execute(
            f"""
            insert into mapped
            with lines as ({lines_sql(short)}),
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
        raise Unreadable(f"line {long[0].number} is {TOO_LONG}, and there is no other" if long else "empty file")
    add_long_lines(connection, file, long, columns)


def _json_paths(name: str) -> list[str]:
    """SQL for the paths where a key may lie; "a.b" is the key of that name, else b within a."""
    keys = [part.replace("\\", "\\\\").replace('"', '\\"') for part in (name, *name.split("."))]
    flat, nested = f'$."{keys[0]}"', "$." + ".".join(f'"{key}"' for key in keys[1:])
    return [quoted(path) for path in dict.fromkeys((flat, nested))]


def _json_kind(paths: Sequence[str]) -> str:
    """SQL for the JSON type of the first value that lies at one of the paths."""
    return "coalesce(" + ", ".join(f"nullif(json_type(line, {path}), 'NULL')" for path in paths) + ")"
