"""Reading whole JSON files inside DuckDB: the part that JSON exports share."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.formats.base import StagedFile, number_files, quoted

if TYPE_CHECKING:
    import duckdb


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
    at = "$" if key is None else f'$."{key}"'
    kind = "try(json_type(content))" if key is None else f"try(json_type(content, '{at}'))"
    number_files(connection, "json_files", "path", {file.number: str(file.path) for file in files})
    # A byte order mark is legal in front of UTF-8 text, but no JSON. `[` in a path would be taken for a pattern.
    connection.execute(
        """
        create or replace temp table json_texts as
        select f.file_no, ltrim(t.content, chr(65279)) as content
        from read_text($paths) t
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


def load_objects(
    connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], lists: Sequence[str] = ()
) -> dict[int, str]:
    """Reads files that each hold one JSON object into the temporary table `json_rows(file_no, row_no, value JSON)`.

    A file may hold a list of objects as well, by itself or within an object, as pages of an API do.

    Args:
        lists: JSON paths, such as "$.latest_posts", at which an object may hold the list in place of being the row.

    Returns:
        The files that hold something else, by number, with the reason. None of their rows are in the table.
    """
    if not files:
        connection.execute("create or replace temp table json_rows (file_no integer, row_no bigint, value json)")
        return {}
    number_files(connection, "json_files", "path", {file.number: str(file.path) for file in files})
    connection.execute(
        """
        create or replace temp table json_texts as
        select f.file_no, ltrim(t.content, chr(65279)) as content
        from read_text($paths) t
        join json_files f on f.path = t.filename
        """,
        {"paths": [glob.escape(str(file.path)) for file in files]},
    )
    within = " ".join(
        f"when json_type(content, {quoted(at)}) = 'ARRAY' then json_extract(content, {quoted(at + '[*]')})"
        for at in lists
    )
    connection.execute(
        f"""
        create or replace temp table json_rows as
        with lists as (
            select file_no, case
                when json_type(content) = 'ARRAY' then json_extract(content, '$[*]')
                {within}
                else [content::json] end as items
            from json_texts
            where json_valid(content) and try(json_type(content)) in ('OBJECT', 'ARRAY')
        )
        select file_no, unnest(generate_series(1, len(items))) as row_no, unnest(items) as value
        from lists
        """
    )
    unreadable = dict(
        connection.execute(
            """
            select file_no, case
                when trim(content, e' \\t\\r\\n') = '' then 'empty file'
                when not json_valid(content) then 'not valid JSON (cut off?)'
                else 'expected a JSON object or list, found ' || coalesce(lower(try(json_type(content))), 'none') end
            from json_texts
            where not json_valid(content) or coalesce(try(json_type(content)), 'none') not in ('OBJECT', 'ARRAY')
            """
        ).fetchall()
    )
    connection.execute("drop table json_texts")
    return unreadable


def whole_number(path: str, value: str = "value") -> str:
    """SQL for the whole number at a JSON path, as BIGINT, also where it is written as a string; null for all else."""
    text = f"({value}->>{quoted(path)})"
    return f"case when regexp_full_match({text}, '-?\\d{{1,18}}') then cast({text} as bigint) end"


def epoch_instant(path: str, value: str = "value") -> str:
    """SQL for the UTC TIMESTAMP of the epoch seconds at a JSON path, with or without decimals; null for all else."""
    text = f"({value}->>{quoted(path)})"
    return (
        f"case when regexp_full_match({text}, '\\d{{1,12}}(\\.\\d{{1,20}})?')"
        f" then make_timestamp(cast(cast({text} as decimal(38, 6)) * 1000000 as bigint)) end"
    )


def shown(path: str, value: str = "value") -> str:
    """SQL for what lies at a JSON path, cut short, to be shown in a reason; 'nothing' where there is nothing."""
    return f"coalesce(left({value}->>{quoted(path)}, 40), 'nothing')"
