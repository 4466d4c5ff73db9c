"""An erased person's rows in the lake, and their names in the rows, file names and quarantine of everybody else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import formats
from orchestration.erasure.erased_list import ErasedList
from orchestration.exports import lake
from orchestration.exports.lake import FileAccount, Ledger
from orchestration.formats.base import path_sql, quoted
from orchestration.formats.people import People
from orchestration.home import Home, put_file

if TYPE_CHECKING:
    import duckdb

Teach = Callable[["duckdb.DuckDBPyConnection"], None]


@dataclass(frozen=True)
class Found:
    """What a source's lake holds of somebody.

    Attributes:
        theirs: rows that go with them.
        naming: rows of others that name them.
    """

    theirs: int = 0
    naming: int = 0


def just_these(member_ids: Sequence[str]) -> Teach:
    """Makes `is_erased(member_id)` mean these people, in place of those on the list."""

    def teach(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("set variable erased = $ids::varchar[]", {"ids": list(member_ids)})
        connection.execute(
            "create or replace temp macro is_erased(id) as coalesce(list_contains(getvariable('erased'), id), false)"
        )

    return teach


def find(home: Home, member_ids: Sequence[str]) -> dict[str, Found]:
    """What the lake holds of people, by source; sources that hold nothing of them are left out."""
    found: dict[str, Found] = {}
    with _connection(just_these(member_ids)) as connection:
        for source, people, parts in _tables(home):
            for _, theirs, naming in _affected(connection, people, parts):
                so_far = found.get(source, Found())
                found[source] = Found(so_far.theirs + theirs, so_far.naming + naming)
    return found


def called(home: Home, member_ids: Sequence[str]) -> tuple[set[str], set[str]]:
    """What people are called in the lake: their names, and the ids by which others know them through such a name."""
    names: set[str] = set()
    aliases: set[str] = set()
    with _connection(just_these(member_ids)) as connection:
        for source, people, parts in _tables(home):
            for column in people.names if people.member_id else ():
                rows = connection.execute(
                    f"select distinct {column} from {_scan(parts)}"
                    f" where {column} is not null and is_erased({people.member_id})"
                ).fetchall()
                names |= {row[0] for row in rows}
                if people.named_as is not None:
                    aliases |= {f"{source}:{people.named_as}{row[0]}" for row in rows}
    return names, aliases


def erase(home: Home, erased: ErasedList) -> None:
    """Rewrites what of the lake, the ledger and the quarantine is of people on the list, or names them.

    Each file takes the old one's place in one step, and what was done already is not done again: a run that was killed
    half way is completed by doing it all once more.
    """
    with _connection(erased.teach) as connection:
        for source, people, parts in _tables(home):
            renamed = _renamed(connection, parts, erased)
            affected = {Path(name) for name, *_ in _affected(connection, people, parts)}
            for part in parts:
                if part in affected or _bears(connection, part, renamed):
                    _rewrite(connection, home, source, people, part, renamed)
        for source in lake.loaded_sources(home):
            _amend_ledger(connection, home, source, erased)
            _amend_quarantine(home, source, erased)


def _connection(teach: Teach) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    teach(connection)
    return connection


@cache
def _people() -> dict[str, People]:
    return {table: people for name in formats.names() for table, people in formats.get(name).people.items()}


def _tables(home: Home) -> Iterator[tuple[str, People, list[Path]]]:
    """Every raw table of every source that was ever loaded, those that are no longer in the config among them."""
    for folder in sorted(home.lake.glob("*/*/")):
        source, table = folder.parts[-2:]
        parts = sorted(folder.glob("week=*/*.parquet"))
        if source != lake.SCHEMA_SOURCE and table in _people() and parts:
            yield source, _people()[table], parts


def _scan(parts: Sequence[Path]) -> str:
    files = ", ".join(map(path_sql, parts))
    return f"read_parquet([{files}], filename = true, union_by_name = true, hive_partitioning = false)"


def _affected(
    connection: duckdb.DuckDBPyConnection, people: People, parts: Sequence[Path]
) -> list[tuple[str, int, int]]:
    """The parts with rows that go or that name somebody erased, with how many of either."""
    named = [f'"{column}" is distinct from {sql}' for column, sql in people.named.items()]
    if people.goes == "false" and not named:
        return []
    return connection.execute(
        f"""
        select filename, count(*) filter (where goes), count(*) filter (where names and not goes)
        from (select *, {people.goes} as goes, {" or ".join(named) or "false"} as names from {_scan(parts)})
        group by filename having bool_or(goes or names)
        """
    ).fetchall()


def _renamed(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Path], erased: ErasedList
) -> dict[str, str]:  # fmt: skip
    """The names of exports and files that bear somebody's name, each with the name that takes its place."""
    rows = connection.execute(
        f"select distinct unnest([_export, _file]) from {_scan(parts)}"
    ).fetchall()  # fmt: skip
    names = {row[0]: without_names(row[0], erased) for row in rows}
    return {old: new for old, new in names.items() if old != new}


def without_names(path: str, erased: ErasedList) -> str:
    """An export's or file's name without the names of erased people, folder by folder."""
    return "/".join(map(erased.redacted, path.split("/")))


def _bears(connection: duckdb.DuckDBPyConnection, part: Path, renamed: dict[str, str]) -> bool:
    if not renamed:
        return False
    names = {"names": list(renamed)}
    found = connection.execute(
        f"select 1 from {_scan([part])} where list_contains($names, _export) or list_contains($names, _file) limit 1",
        names,
    )
    return bool(found.fetchall())


def _rewrite(
    connection: duckdb.DuckDBPyConnection, home: Home, source: str, people: People, part: Path, renamed: dict[str, str]
) -> None:
    """One part of the lake without those who were erased; it goes where nothing is left."""
    # Where the left-overs of a killed run are swept away.
    new = home.lake / source / "_incoming" / part.name
    new.parent.mkdir(parents=True, exist_ok=True)
    named = dict(people.named)
    for column in ("_export", "_file"):
        cases = " ".join(f"when {quoted(old)} then {quoted(to)}" for old, to in renamed.items())
        named[column] = f"case {column} {cases} else {column} end" if cases else column
    changes = ", ".join(f'{sql} as "{column}"' for column, sql in named.items())
    connection.execute(
        f"copy (select * exclude (filename, goes) replace ({changes})"
        f" from (select *, {people.goes} as goes from {_scan([part])}) where not goes)"
        f" to {quoted(str(new))} (format parquet, compression zstd)"
    )
    rows = connection.execute(f"select count(*) from {_scan([new])}").fetchall()
    if rows == [(0,)]:
        part.unlink()
    else:
        new.replace(part)
    shutil.rmtree(new.parent)


def _amend_ledger(connection: duckdb.DuckDBPyConnection, home: Home, source: str, erased: ErasedList) -> None:
    """Brings a source's account in line with the lake: what is no longer there was erased."""
    ledger = Ledger(home, source)
    there = _rows_in_lake(connection, home, source)
    files, exports = ledger.files(), ledger.exports()
    amended = [
        replace(
            one, export=without_names(one.export, erased), file=without_names(one.file, erased),
            reason=one.reason and erased.redacted(one.reason),
        )
        for one in files
    ]  # fmt: skip
    # The same name twice in an export is two accounts: rows are taken from the later one first.
    for number in reversed(range(len(amended))):
        one = amended[number]
        same = (one.pull_id, one.export, one.file)
        kept = min(one.rows_loaded, there.get(same, 0))
        there[same] = there.get(same, 0) - kept
        amended[number] = _with_loaded(one, kept)
    renamed = [replace(one, export=without_names(one.export, erased)) for one in exports]
    for pull_id in sorted(ledger.pulls()):
        was, now = ([a for a in some if a.pull_id == pull_id] for some in (files, amended))
        was_exports, now_exports = ([e for e in some if e.pull_id == pull_id] for some in (exports, renamed))
        if (was, was_exports) != (now, now_exports):
            ledger.commit(pull_id, now, now_exports)


def _with_loaded(account: FileAccount, loaded: int) -> FileAccount:
    """An account of which so many rows are in the lake still."""
    gone = account.rows_loaded - loaded
    return replace(
        account, rows_loaded=loaded, rows_quarantined=account.rows_quarantined + gone,
        rows_erased=account.rows_erased + gone,
    )  # fmt: skip


def _rows_in_lake(
    connection: duckdb.DuckDBPyConnection, home: Home, source: str
) -> dict[tuple[str, str, str], int]:  # fmt: skip
    """How many rows the lake holds, by pull, export and file."""
    parts = sorted((home.lake / source).glob("*/week=*/*.parquet"))
    if not parts:
        return {}
    files = ", ".join(map(path_sql, parts))
    rows = connection.execute(
        f"""
        select split_part(parse_filename(filename), '-', 1) as pull_id, _export, _file, count(*)
        from read_parquet([{files}], filename = true, union_by_name = true, hive_partitioning = false) group by all
        """
    ).fetchall()
    return {tuple(row[:3]): row[3] for row in rows}


def _amend_quarantine(home: Home, source: str, erased: ErasedList) -> None:
    """Takes all content out of the quarantine: whose a row is that could not be read, nobody can tell."""
    by_pull: dict[str, list[FileAccount]] = {}
    for account in Ledger(home, source).files():
        if account.rows_erased:
            by_pull.setdefault(account.pull_id, []).append(account)
    there = {path.stem: path for path in (home.quarantine / source).glob("*.jsonl")}
    for pull_id in sorted(by_pull.keys() | there.keys()):
        entries = []
        if pull_id in there:
            entries = [json.loads(line) for line in there[pull_id].read_text(encoding="utf-8").splitlines()]
        kept = [_without_content(entry, erased) for entry in entries if entry["reason"] != lake.ERASED]
        kept += [lake.erased_entry(account) for account in by_pull.get(pull_id, [])]
        if kept != entries:
            content = "".join(lake.one_line(entry) + "\n" for entry in kept)
            put_file(home.quarantine / source / f"{pull_id}.jsonl", content.encode())


def _without_content(entry: dict, erased: ErasedList) -> dict:
    names = {key: without_names(entry[key], erased) for key in ("export", "file")}
    return {**entry, **names, "reason": erased.redacted(entry["reason"]), "raw": None}
