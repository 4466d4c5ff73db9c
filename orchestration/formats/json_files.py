"""Reading whole JSON files inside DuckDB: the part that JSON exports share.

Small files are read as texts, some megabytes at once. A file above `GIANT_BYTES` is never held in memory: its list is
found by its brackets (`json_lists`), and DuckDB reads its entries one after another. Both ways mean the same: a file
that is not valid JSON to its last byte counts as unreadable, and none of its rows are kept.
"""

from __future__ import annotations

import codecs
import glob
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from orchestration.formats.base import StagedFile, decimal_sql, number_files, path_sql, quoted
from orchestration.formats.json_lists import NotAList, the_list_alone

if TYPE_CHECKING:
    import duckdb

GIANT_BYTES = 8 << 20
# One entry of a list (a message) may be this long.
MAX_ENTRY_BYTES = 32 << 20
_MAX_PLACE_CHARACTERS = 4096
_BUFFER_BYTES = 8192
_PIECES_BYTES = 64 << 20


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
    connection.execute("create or replace temp table json_rows (file_no integer, row_no bigint, value json)")
    connection.execute("create or replace temp table json_heads (file_no integer, value json)")
    giants = [file for file in files if file.path.stat().st_size > GIANT_BYTES]
    unreadable: dict[int, str] = {}
    for some in few_at_a_time([file for file in files if file not in giants]):
        unreadable |= _load_lists(connection, some, key)
    for file in giants:
        if reason := load_giant_array(connection, file, key):
            unreadable[file.number] = reason
    return unreadable


def scan_arrays(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile]) -> tuple[dict[int, str], str]:
    """Reads files that each hold one JSON list, the giant ones among them only when their rows are asked for.

    A giant's entries take more room in a table than in their file, and writing them to disk twice is most of the time
    that it takes. So it is read twice instead: once here, to see that all of it is valid JSON, and once by the format.

    Returns:
        The files that hold something else, by number, with the reason; and SQL for the rows of the others, as
        `json_rows` has them, to be read once.
    """
    giants = [file for file in files if file.path.stat().st_size > GIANT_BYTES]
    unreadable = load_arrays(connection, [file for file in files if file not in giants])
    parts = ["select file_no, row_no, value from json_rows"]
    for file in giants:
        if reason := _problem_of_giant(connection, file):
            unreadable[file.number] = reason
        else:
            parts.append(f"select {file.number}, row_number() over (), json from {_entries(file.path)}")
    return unreadable, " union all ".join(parts)


def _problem_of_giant(connection: duckdb.DuckDBPyConnection, file: StagedFile) -> str | None:
    """Why a giant file cannot be read as one JSON list; None where it can."""
    import duckdb

    try:
        with the_list_alone(file.path, None):
            # DuckDB's reader lets pass what its JSON functions refuse, such as NaN.
            refused = connection.execute(f"select bool_or(not json_valid(json)) from {_entries(file.path)}").fetchone()
    except NotAList as problem:
        return str(problem)
    except duckdb.InvalidInputException as error:
        return _problem_of_entries(error)
    return "not valid JSON (cut off?)" if refused == (True,) else None


def _entries(path: Path) -> str:
    """SQL for a table function with a row `json` for each entry of a file that is one JSON list."""
    return (
        f"read_json_objects({path_sql(path)}, format = 'array', compression = 'uncompressed',"
        f" maximum_object_size = {MAX_ENTRY_BYTES})"
    )


def _problem_of_entries(error: Exception) -> str:
    if "maximum_object_size" in str(error):
        return f"an entry of its list is longer than {MAX_ENTRY_BYTES >> 20} MB"
    return "not valid JSON (cut off?)"


def few_at_a_time(files: Sequence[StagedFile]) -> Iterator[list[StagedFile]]:
    """Files in groups of no more than `GIANT_BYTES`, or one file.

    Each of DuckDB's JSON functions keeps all texts of a statement parsed at once, in ten times their size.
    """
    group: list[StagedFile] = []
    size = 0
    for file in files:
        bytes_more = file.path.stat().st_size
        if group and size + bytes_more > GIANT_BYTES:
            yield group
            group, size = [], 0
        group.append(file)
        size += bytes_more
    if group:
        yield group


def load_texts(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile]) -> None:
    """Reads files as whole texts into the temporary table `json_texts(file_no, content)`."""
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


def _load_lists(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], key: str | None) -> dict[int, str]:
    """Adds the lists of small files to `json_rows`, and with a key the rest of their objects to `json_heads`."""
    at = "$" if key is None else f'$."{key}"'
    kind = "try(json_type(content))" if key is None else f"try(json_type(content, '{at}'))"
    load_texts(connection, files)
    connection.execute(
        f"""
        insert into json_rows
        with lists as (
            select file_no, json_extract(content, '{at}[*]') as items
            from json_texts
            where json_valid(content) and {kind} = 'ARRAY'
        )
        select file_no, unnest(generate_series(1, len(items))), unnest(items)
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
            insert into json_heads
            select file_no, json_merge_patch(content, {quoted(patch_without(key))})
            from json_texts
            where json_valid(content) and {kind} = 'ARRAY'
            """
        )
    connection.execute("drop table json_texts")
    return unreadable


def load_giant_array(connection: duckdb.DuckDBPyConnection, file: StagedFile, key: str | None) -> str | None:
    """Adds a giant file's entries to `json_rows`, and with a key the rest of its object to `json_heads`.

    Args:
        key: as in `json_lists.the_list_alone`.

    Returns:
        The reason where it cannot be read; none of its rows are in the table then.
    """
    import duckdb

    try:
        with the_list_alone(file.path, key) as (array, rest):
            number = {"number": file.number}
            if key is not None:
                if not connection.execute("select coalesce(json_valid($rest), false)", {"rest": rest}).fetchone()[0]:  # type: ignore[index]
                    return "not valid JSON (cut off?)"
                connection.execute(
                    "insert into json_heads select $number, json_merge_patch($rest::json, $patch)",
                    {**number, "rest": rest, "patch": patch_without(key)},
                )
            connection.execute(
                f"""
                insert into json_rows
                select $number, row_number() over (), json from {_entries(array)}
                """,
                number,
            )
    except NotAList as problem:
        return str(problem)
    except duckdb.InvalidInputException as error:
        _forget(connection, file, key)
        return _problem_of_entries(error)
    # DuckDB's reader lets pass what its JSON functions refuse, such as NaN.
    if connection.execute(
        "select bool_or(not json_valid(value::varchar)) from json_rows where file_no = ?", [file.number]
    ).fetchone()[0]:  # type: ignore[index]
        _forget(connection, file, key)
        return "not valid JSON (cut off?)"
    return None


def patch_without(key: str) -> str:
    """The JSON merge patch that takes away what lies under a key, or several joined by dots."""
    patch: Any = None
    for part in reversed(key.split(".")):
        patch = {part: patch}
    return json.dumps(patch)


def _forget(connection: duckdb.DuckDBPyConnection, file: StagedFile, key: str | None) -> None:
    for table in ("json_rows",) if key is None else ("json_rows", "json_heads"):
        connection.execute(f"delete from {table} where file_no = ?", [file.number])


def whole_number(path: str, value: str = "value") -> str:
    """SQL for the whole number at a JSON path, as BIGINT, also where it is written as a string; null for all else."""
    text = f"({value}->>{quoted(path)})"
    return f"case when regexp_full_match({text}, '-?\\d{{1,18}}') then cast({text} as bigint) end"


def epoch_instant(path: str, value: str = "value") -> str:
    """SQL for the UTC TIMESTAMP of the epoch seconds at a JSON path, with or without decimals; null for all else."""
    text = f"({value}->>{quoted(path)})"
    return (
        f"case when regexp_full_match({text}, '\\d{{1,12}}(\\.\\d{{1,20}})?')"
        f" then make_timestamp(cast({decimal_sql(text, 6)} * 1000000 as bigint)) end"
    )


def shown(path: str, value: str = "value") -> str:
    """SQL for what lies at a JSON path, cut short, to be shown in a reason; 'nothing' where there is nothing."""
    return f"coalesce(left({value}->>{quoted(path)}, 40), 'nothing')"


def load_nested_arrays(
    connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], key: str, owners: Sequence[str]
) -> dict[int, str]:
    """Reads lists of which a file may hold many: one of its own, or one in each object of a list of objects.

    Makes `json_rows(file_no, row_no, head_no, value JSON, problem)`, rows numbered through the file, and
    `json_heads(head_no, value JSON)`: the object that a row's list lies in, without the list. An object of such a list
    that has no list of its own is one row with a `problem`.

    Args:
        key: where a list lies in its object, such as "messages".
        owners: where lists of such objects lie, their keys joined by dots, such as "chats.list".

    Returns:
        The files of which nothing could be read, by number, with the reason.
    """
    unreadable = load_arrays(connection, files, key)
    connection.execute(
        """
        create or replace temp table nested_rows as
        select file_no, row_no, file_no as head_no, value, cast(null as varchar) as problem from json_rows;
        create or replace temp table nested_heads as select file_no as head_no, value from json_heads
        """
    )
    heads = max((file.number for file in files), default=0)
    for file in files:
        if file.number in unreadable:
            found = _load_pieces(connection, file, key, owners, heads + 1)
            heads += found
            if found:
                del unreadable[file.number]
    connection.execute(
        """
        create or replace temp table json_rows as from nested_rows;
        create or replace temp table json_heads as from nested_heads;
        drop table nested_rows;
        drop table nested_heads
        """
    )
    return unreadable


def _load_pieces(
    connection: duckdb.DuckDBPyConnection, file: StagedFile, key: str, owners: Sequence[str], first_head: int
) -> int:
    """Adds a file's objects that hold lists, some at a time; returns how many. None where the file is no valid JSON."""
    import ijson

    head = first_head
    with tempfile.TemporaryDirectory(prefix="stillhere-") as folder:
        try:
            for batch in _batches(_pieces(file, key, owners, Path(folder), first_head)):
                _add_pieces(connection, file, batch, key)
                head += len(batch)
                for piece in batch:
                    piece.path.unlink()
        except (ijson.JSONError, ValueError, RecursionError):
            connection.execute("delete from nested_rows where file_no = ?", [file.number])
            connection.execute("delete from nested_heads where head_no >= ?", [first_head])
            return 0
    return head - first_head


def _batches(pieces: Iterator[StagedFile]) -> Iterator[list[StagedFile]]:
    batch: list[StagedFile] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += piece.path.stat().st_size
        if size >= _PIECES_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _add_pieces(
    connection: duckdb.DuckDBPyConnection, file: StagedFile, pieces: Sequence[StagedFile], key: str
) -> None:
    problems = load_arrays(connection, pieces, key)
    number_files(connection, "piece_problems", "problem", problems)
    connection.execute(
        """
        insert into nested_rows
        with found as (
            select file_no as head_no, row_no, value, null as problem from json_rows
            union all
            select file_no, 1, null, problem from piece_problems
        )
        select $file_no, row_number() over (order by head_no, row_no)
            + (select count(*) from nested_rows where file_no = $file_no), head_no, value, problem
        from found
        """,
        {"file_no": file.number},
    )
    connection.execute("insert into nested_heads select file_no, value from json_heads")


def _pieces(file: StagedFile, key: str, owners: Sequence[str], folder: Path, number: int) -> Iterator[StagedFile]:
    """Writes each object of the owners' lists as a file of its own, one after another; raises where it is no JSON."""
    with file.path.open("rb") as text:
        if text.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            text.seek(0)
        events = _events(text)
        for prefix, event, value in events:
            if any(prefix == f"{owner}.item" for owner in owners) and not event.startswith("end_"):
                piece = StagedFile(number, file.name, folder / f"{number}.json")
                with piece.path.open("w", encoding="utf-8") as out:
                    _write_piece(out, event, value, events, f"{prefix}.{key}")
                yield piece
                number += 1


def _events(text: IO[bytes]) -> Iterator[tuple[str, str, Any]]:
    """The events of a JSON text: where in the text, what kind, which value."""
    import ijson

    # The place grows with the depth: a file of nothing but brackets would take hours. It is told after each buffer.
    for event in ijson.parse(text, use_float=True, buf_size=_BUFFER_BYTES):
        if len(event[0]) > _MAX_PLACE_CHARACTERS:
            raise ValueError("nested too deeply")
        yield event


def _write_piece(out: IO[str], event: str, value: Any, events: Iterator[tuple[str, str, Any]], listed: str) -> None:
    """Writes one value of a stream of JSON events; entry by entry where it comes to the list at `listed`."""
    if event != "start_map":
        json.dump(_value(event, value, events), out)
        return
    mark = "{"
    for _, inner, name in events:
        if inner == "end_map":
            break
        out.write(f"{mark}{json.dumps(name)}:")
        mark = ","
        prefix, inner, value = next(events)
        if prefix != listed or inner != "start_array":
            json.dump(_value(inner, value, events), out)
            continue
        out.write("[")
        between = ""
        for _, inner, value in events:
            if inner == "end_array":
                break
            out.write(between)
            json.dump(_value(inner, value, events), out)
            between = ","
        out.write("]")
    out.write("{}" if mark == "{" else "}")


def _value(event: str, value: Any, events: Iterator[tuple[str, str, Any]]) -> Any:
    """The value that begins with an event; takes the events up to its end."""
    from ijson.common import ObjectBuilder

    builder = ObjectBuilder()
    builder.event(event, value)
    depth = event.startswith("start_")
    while depth:
        _, event, value = next(events)
        builder.event(event, value)
        depth += event.startswith("start_") - event.startswith("end_")
    return builder.value
