"""Reading JSON files that hold objects rather than one list: single ones, pages of them, and several lists in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orchestration.formats.base import StagedFile, path_sql, quoted
from orchestration.formats.json_files import (
    GIANT_BYTES,
    MAX_ENTRY_BYTES,
    few_at_a_time,
    load_giant_array,
    load_texts,
    patch_without,
)
from orchestration.formats.json_lists import NotAList, each_list_alone

if TYPE_CHECKING:
    import duckdb


def load_objects(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[StagedFile],
    lists: Sequence[str] = (),
) -> dict[int, str]:
    """Reads files that each hold one JSON object into the temporary table `json_rows(file_no, row_no, value JSON)`.

    A file may hold a list of objects as well, by itself or within an object, as pages of an API do. The rest of an
    object that holds such a list goes to the temporary table `json_heads(file_no, value JSON)`.

    Args:
        lists: JSON paths, such as "$.latest_posts", at which an object may hold the list in place of being the row.

    Returns:
        The files that hold something else, by number, with the reason. None of their rows are in the table.
    """
    connection.execute("create or replace temp table json_rows (file_no integer, row_no bigint, value json)")
    connection.execute("create or replace temp table json_heads (file_no integer, value json)")
    giants = [file for file in files if file.path.stat().st_size > GIANT_BYTES]
    unreadable: dict[int, str] = {}
    for some in few_at_a_time([file for file in files if file not in giants]):
        unreadable |= _load_whole_objects(connection, some, lists)
    for file in giants:
        if reason := _load_giant_list(connection, file, [at.removeprefix("$.") for at in lists]):
            unreadable[file.number] = reason
    return unreadable


def _load_giant_list(connection: duckdb.DuckDBPyConnection, file: StagedFile, keys: Sequence[str]) -> str | None:
    """Adds the entries of a giant file to `json_rows`: a list, or an object with a list under one of the keys."""
    reasons = []
    for key in (None, *keys):
        if (reason := load_giant_array(connection, file, key)) is None:
            return None
        reasons.append(reason)
    broken = [reason for reason in reasons if not reason.startswith("expected a JSON list")]
    return broken[0] if broken else f"one JSON object of more than {GIANT_BYTES >> 20} MB: expected a list of objects"


def _load_whole_objects(
    connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], lists: Sequence[str]
) -> dict[int, str]:
    load_texts(connection, files)
    within = " ".join(
        f"when json_type(content, {quoted(at)}) = 'ARRAY' then json_extract(content, {quoted(at + '[*]')})"
        for at in lists
    )
    connection.execute(
        f"""
        insert into json_rows
        with lists as (
            select file_no, case
                when json_type(content) = 'ARRAY' then json_extract(content, '$[*]')
                {within}
                else [content::json] end as items
            from json_texts
            where json_valid(content) and try(json_type(content)) in ('OBJECT', 'ARRAY')
        )
        select file_no, unnest(generate_series(1, len(items))), unnest(items)
        from lists
        """
    )
    if lists:
        patches = " ".join(
            f"when json_type(content, {quoted(at)}) = 'ARRAY' then {quoted(patch_without(at.removeprefix('$.')))}"
            for at in lists
        )
        connection.execute(
            f"""
            insert into json_heads
            select file_no, json_merge_patch(content, patch)
            from (select file_no, content, case {patches} end as patch from json_texts where json_valid(content))
            where patch is not null
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


def load_tables(
    connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], tables: Mapping[str, str], needed: str
) -> dict[int, str]:
    """Reads files of one JSON object that holds several lists into `json_items(file_no, kind, row_no, value JSON)`.

    Rows are numbered through the file, list after list. Whatever else is in the object is passed over; of a giant file
    only brackets and quotes of it are checked.

    Args:
        tables: kind of row -> the key of the object under which such rows are listed; it need not be there.
        needed: the key that has to be there.

    Returns:
        The files of which nothing could be read, by number, with the reason. None of their rows are in the table.
    """
    giants = [file for file in files if file.path.stat().st_size > GIANT_BYTES]
    unreadable = load_objects(connection, [file for file in files if file not in giants])
    items = " union all ".join(
        f"select file_no, {place} as place, {quoted(kind)} as kind, item_no, value from ("
        f" select file_no, unnest(json_extract(value, '$.{key}[*]')) as value,"
        f" unnest(generate_series(1, len(json_extract(value, '$.{key}[*]')))) as item_no"
        f" from json_rows where json_type(value, '$.{key}') = 'ARRAY' and json_type(value, '$.{needed}') = 'ARRAY')"
        for place, (kind, key) in enumerate(tables.items())
    )
    missing = connection.execute(
        f"select distinct file_no from json_rows where coalesce(json_type(value, '$.{needed}'), '') <> 'ARRAY'"
    ).fetchall()
    unreadable |= {file_no: f"expected a list under {needed}" for (file_no,) in missing}
    connection.execute(
        f"""
        create or replace temp table json_items as
        select file_no, kind, row_number() over (partition by file_no order by place, item_no) as row_no, value
        from ({items})
        """
    )
    for file in giants:
        if reason := _load_giant_tables(connection, file, tables, needed):
            connection.execute("delete from json_items where file_no = ?", [file.number])
            unreadable[file.number] = reason
    return unreadable


def _load_giant_tables(
    connection: duckdb.DuckDBPyConnection, file: StagedFile, tables: Mapping[str, str], needed: str
) -> str | None:
    import duckdb

    try:
        with each_list_alone(file.path, tables.values()) as found:
            if needed not in found:
                return f"expected a list under {needed}"
            for kind, key in tables.items():
                if key in found:
                    connection.execute(
                        f"""
                        insert into json_items
                        select $file_no, $kind, row_number() over ()
                            + (select count(*) from json_items where file_no = $file_no), json
                        from read_json_objects({path_sql(found[key])}, format = 'array', compression = 'uncompressed',
                            maximum_object_size = {MAX_ENTRY_BYTES})
                        """,
                        {"file_no": file.number, "kind": kind},
                    )
    except NotAList as problem:
        return str(problem)
    except duckdb.InvalidInputException as error:
        if "maximum_object_size" in str(error):
            return f"an entry of its lists is longer than {MAX_ENTRY_BYTES >> 20} MB"
        return "not valid JSON (cut off?)"
    # DuckDB's reader lets pass what its JSON functions refuse, such as NaN.
    refused = connection.execute(
        "select bool_or(not json_valid(value::varchar)) from json_items where file_no = ?", [file.number]
    ).fetchone()
    return "not valid JSON (cut off?)" if refused == (True,) else None
