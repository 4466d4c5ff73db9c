"""Reading whole JSON files inside DuckDB: the part that JSON exports share.

Small files are read as texts, many at once. A file above `GIANT_BYTES` is never held in memory: its list is found by
its brackets (`json_lists`), and DuckDB reads its entries one after another. Both ways mean the same: a file that is
not valid JSON to its last byte counts as unreadable, and none of its rows are kept.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.formats.base import StagedFile, number_files, path_sql
from orchestration.formats.json_lists import NotAList, the_list_alone

if TYPE_CHECKING:
    import duckdb

GIANT_BYTES = 16 << 20
# One entry of a list (a message) may be this long.
_MAX_ENTRY_BYTES = 32 << 20


def load_arrays(
    connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], key: str | None = None
) -> dict[int, str]:
    """Reads files that each hold one JSON list into the temporary table `json_rows(file_no, row_no, value JSON)`.

    Args:
        key: where the list lies in a JSON object, such as "messages"; None: the file is the list itself. With a key the
            rest of each object goes to the temporary table `json_heads(file_no, value JSON)`.

    Returns:
        The files that hold something else, by number, with the reason. None of their rows are in the table.
    """
    giants = [file for file in files if file.path.stat().st_size > GIANT_BYTES]
    unreadable = _load_texts(connection, [file for file in files if file not in giants], key)
    for file in giants:
        if reason := _load_giant(connection, file, key):
            unreadable[file.number] = reason
    return unreadable


def _load_texts(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], key: str | None) -> dict[int, str]:
    """Reads files as whole texts; creates `json_rows` and `json_heads`, also where there are none."""
    at = "$" if key is None else f'$."{key}"'
    kind = "try(json_type(content))" if key is None else f"try(json_type(content, '{at}'))"
    number_files(connection, "json_files", "path", {file.number: str(file.path) for file in files})
    # A byte order mark is legal in front of UTF-8 text, but no JSON. `[` in a path would be taken for a pattern.
    texts = "read_text($paths)" if files else "(select null as filename, null::varchar as content where $paths is null)"
    connection.execute(
        f"""
        create or replace temp table json_texts as
        select f.file_no, ltrim(t.content, chr(65279)) as content
        from {texts} t
        join json_files f on f.path = t.filename
        """,
        {"paths": [glob.escape(str(file.path)) for file in files]},
    )
    connection.execute(
        f"""
        create or replace temp table json_rows as
        with lists as (
            select file_no, json_extract(content, '{at}[*]') as items
            from json_texts
            where json_valid(content) and {kind} = 'ARRAY'
        )
        select file_no, unnest(generate_series(1, len(items))) as row_no, unnest(items) as value
        from lists
        """
    )
    unreadable = dict(
        connection.execute(
            f"""
            select file_no, case
                when trim(content, e' \\t\\r\\n') = '' then 'empty file'
                when not json_valid(content) then 'not valid JSON (cut off?)'
                else 'expected a JSON list{"" if key is None else f" under {key}"}, found '
                    || coalesce(lower({kind}), 'none') end
            from json_texts
            where not json_valid(content) or {kind} is distinct from 'ARRAY'
            """
        ).fetchall()
    )
    if key is not None:
        connection.execute(
            f"""
            create or replace temp table json_heads as
            select file_no, json_merge_patch(content, '{{"{key}": null}}') as value
            from json_texts
            where json_valid(content) and {kind} = 'ARRAY'
            """
        )
    connection.execute("drop table json_texts")
    return unreadable


def _load_giant(connection: duckdb.DuckDBPyConnection, file: StagedFile, key: str | None) -> str | None:
    """Adds a giant file's entries to `json_rows`; returns the reason where it cannot be read."""
    import duckdb

    try:
        with the_list_alone(file.path, key) as (array, rest):
            number = {"number": file.number}
            if key is not None:
                head = {**number, "rest": rest}
                if not connection.execute("select coalesce(json_valid($rest), false)", {"rest": rest}).fetchone()[0]:  # type: ignore[index]
                    return "not valid JSON (cut off?)"
                connection.execute(
                    f"""insert into json_heads
                    select $number, json_merge_patch($rest::json, '{{"{key}": null}}')""",
                    head,
                )
            connection.execute(
                f"""
                insert into json_rows
                select $number, row_number() over (), json
                from read_json_objects({path_sql(array)}, format = 'array', compression = 'uncompressed',
                    maximum_object_size = {_MAX_ENTRY_BYTES})
                """,
                number,
            )
    except NotAList as problem:
        return str(problem)
    except duckdb.InvalidInputException as error:
        _forget(connection, file, key)
        if "maximum_object_size" in str(error):
            return f"an entry of its list is longer than {_MAX_ENTRY_BYTES >> 20} MB"
        return "not valid JSON (cut off?)"
    # DuckDB's reader lets pass what its JSON functions refuse, such as NaN.
    if connection.execute(
        "select bool_or(not json_valid(value::varchar)) from json_rows where file_no = ?", [file.number]
    ).fetchone()[0]:  # type: ignore[index]
        _forget(connection, file, key)
        return "not valid JSON (cut off?)"
    return None


def _forget(connection: duckdb.DuckDBPyConnection, file: StagedFile, key: str | None) -> None:
    for table in ("json_rows",) if key is None else ("json_rows", "json_heads"):
        connection.execute(f"delete from {table} where file_no = ?", [file.number])
