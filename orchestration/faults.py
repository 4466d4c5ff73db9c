"""Errors that are no mistake of ours or of the user's, told as sentences: a disk that is full, a damaged file.

What an error says of itself seldom names the file. So once something has failed, every file of the home is looked at,
and those that cannot be read are named, with what to do: which of them can be made anew, and of what.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orchestration.errors import BuildError, HomeError, UserError
from orchestration.home import Home

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
# What SQLite and DuckDB say of the same.
_DISK_WORDS = (
    "No space left on device", "database or disk is full", "disk I/O error", "readonly database", "Read-only file",
)  # fmt: skip
_LOCKED = re.compile(r'Could not set lock on file "(.+?)": Conflicting lock is held in (.+? \(PID \d+\))')
_OF_DATABASES = ("OperationalError", "IOException", "BuildError")


@contextmanager
def telling(home: Home | None = None) -> Iterator[None]:
    """What fails in the block because of the disk or of a damaged file is raised as a sentence.

    Raises:
        HomeError: says which file or disk it is, and what to do.
    """
    try:
        yield
    except Exception as error:
        told = as_told(error, home)
        if told is None or told is error:
            raise
        raise told from None


def as_told(error: Exception, home: Home | None = None) -> UserError | None:
    """The error as a sentence for whoever runs this: the same if it is one, None if nobody can tell what it came of."""
    if isinstance(error, UserError) and not isinstance(error, BuildError):
        return error
    if trouble := trouble_with_disk(error):
        return HomeError(
            f"{trouble}\nThe home or a temporary folder is full, or cannot be written to. Make room (TMPDIR names"
            " another place for temporary files), or see to the rights, and run again. What was published stays."
        )
    if found := _LOCKED.search(str(error)):
        file, holder = found.groups()
        return HomeError(
            f"{file}: {holder} has it open and locked. Close it there, then run again. Programs that only read must"
            " open the published file read-only, and warehouse.duckdb not at all. What was published stays."
        )
    # A reader that has gone away damaged nothing.
    if home and not isinstance(error, BrokenPipeError) and (found := damage(home)):
        return HomeError("\n".join(found))
    if home and _is_about_a_table(error) and not _is_computed(home):
        return HomeError(
            f"{home.warehouse}: what this stands on was not computed yet, or the file was deleted. Run the whole job"
            " weekly_report for the week, or `stillhere run`: they make it anew from the lake."
        )
    return error if isinstance(error, UserError) else None


def _is_about_a_table(error: Exception) -> bool:
    """Whether a table was looked for that is not there, or its whole database."""
    return "does not exist" in str(error) and ("Catalog Error" in str(error) or "database does not exist" in str(error))


def _is_computed(home: Home) -> bool:
    """Whether the models that all weeks stand on were ever computed in this warehouse."""
    import duckdb

    if not home.warehouse.exists():
        return False
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return bool(connection.execute("select 1 from duckdb_tables() where table_name = 'int_week_inputs'").fetchall())


def trouble_with_disk(error: BaseException | None) -> str | None:
    """What an error, or what it came of, says of a disk that is full or must not be written to; None: nothing."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            return _first_line(error)
        if type(error).__name__ in _OF_DATABASES and any(words in str(error) for words in _DISK_WORDS):
            return next(line.strip() for line in str(error).splitlines() if any(words in line for words in _DISK_WORDS))
        error = error.__cause__ or error.__context__
    return None


def damage(home: Home) -> list[str]:
    """The files of a home that cannot be read: of each a sentence that says what is wrong with it, and what to do."""
    looks: tuple[Callable[[Home], Iterator[str]], ...] = (
        _erasures, _databases, _rows, _quarantine, _dagster, _models,
    )  # fmt: skip
    return [sentence for look in looks for sentence in look(home)]


def _erasures(home: Home) -> Iterator[str]:
    from orchestration.erasure import erased_list, plan

    for read in (erased_list.ErasedList.of, plan.pending):
        try:
            read(home)
        except HomeError as error:
            yield error.message


def _databases(home: Home) -> Iterator[str]:
    for path, todo in (
        (home.warehouse, "{} The next run makes it anew from the lake."),
        (
            home.published,
            "Put it back from a backup. Without one: {} The next run publishes anew, from the lake, every week that the"
            " exports tell of; what is lost is which editions there were, what reruns changed, and the record of"
            " erasures.",
        ),
    ):
        if path.exists() and (reason := _of_database(path)):
            yield f"{path}: cannot be read: {reason}. {todo.format(_delete(path))}"


def _of_database(path: Path) -> str | None:
    """Why a DuckDB file cannot be read; None where it can, or is in use."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                'select format(\'"{}"."{}"\', schema_name, table_name) from duckdb_tables()'
            ).fetchall()
            for (table,) in tables:
                connection.execute(f"select sum(hash(t)) from {table} as t").fetchall()
    except (duckdb.ConnectionException, duckdb.OutOfMemoryException):
        return None
    except duckdb.Error as error:
        return None if "Could not set lock" in str(error) else _first_line(error)
    return None


def _rows(home: Home) -> Iterator[str]:
    """Parts of the lake and of its ledger; those without rows are written anew by each run."""
    import duckdb

    from orchestration.exports.lake import SCHEMA_SOURCE
    from orchestration.formats.base import path_sql

    parts = [(path, path.parts[-4]) for path in sorted(home.lake.glob("*/*/week=*/*.parquet"))]
    parts += [(path, path.parts[-2]) for path in sorted(home.ledger.glob("*/*.parquet"))]
    with duckdb.connect(config={"threads": 2}) as connection:
        for path, source in parts:
            if source == SCHEMA_SOURCE:
                continue
            try:
                connection.execute(f"select sum(hash(t)) from read_parquet([{path_sql(path)}]) as t").fetchall()
            except duckdb.Error as error:
                yield (
                    f"{path}: cannot be read: {_first_line(error)}. Put it back from a backup. Without one, delete the"
                    f" folders {home.lake / source} and {home.ledger / source}: the next run reads all exports of"
                    f" {source} anew. Rows of exports that are there no more are lost with them."
                )


def _quarantine(home: Home) -> Iterator[str]:
    for path in sorted(home.quarantine.glob("*/*.jsonl")):
        try:
            with path.open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, 1):
                    entry = json.loads(line)
                    if not {"export", "file", "row", "reason", "raw"} <= entry.keys():
                        raise ValueError(f"line {number}: not an entry of the quarantine")
        except (OSError, ValueError, AttributeError) as error:
            yield (
                f"{path}: cannot be read: {_first_line(error)}. {_delete(path)} No figure needs it; what is lost is"
                " which rows of that pull could not be used, and why."
            )


def _dagster(home: Home) -> Iterator[str]:
    import sqlite3

    found = False
    for path in sorted(home.dagster.rglob("*.db")):
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                [(reason,), *_] = connection.execute("pragma quick_check").fetchall()
        except sqlite3.DatabaseError as error:
            reason = "ok" if "locked" in str(error) else _first_line(error)
        if reason != "ok":
            found = True
            yield (
                f"{path}: cannot be read: {reason.strip()}. It holds what Dagster noted of runs and schedules, and no"
                f" figure. Stop `stillhere ui` if it runs. {_delete(path)} The next run begins it anew."
            )
    # Dagster's instance opens these files too.
    if not found and (reason := _of_instance(home)):
        path = home.dagster / "dagster.yaml"
        yield f"{path}: Dagster cannot use it: {reason}\nMend it, or delete it: the next run writes it anew."


def _of_instance(home: Home) -> str | None:
    """Why Dagster cannot use its instance file."""
    import dagster as dg

    from orchestration.community import environment_as_it_was

    if not (home.dagster / "dagster.yaml").exists():
        return None
    try:
        with environment_as_it_was():
            # Relative folders in the file lie below it; without it, below whatever folder the user is in.
            os.environ["DAGSTER_HOME"] = str(home.dagster)
            with dg.DagsterInstance.from_config(str(home.dagster)):
                return None
    except Exception as error:  # each part of Dagster raises errors of its own
        return str(error).strip()[:400]


def _models(home: Home) -> Iterator[str]:
    from orchestration import dbt_runs

    folder, reason = dbt_runs.unreadable_cache()
    if reason:
        yield f"{folder}: cannot be read: {reason}. Delete this folder. The next run makes it anew."


def _delete(path: Path) -> str:
    beside = sorted(file.name for file in path.parent.glob(f"{path.name}[-.]*") if file.suffix != ".part")
    return f"Delete it, with {' and '.join(beside)} beside it." if beside else "Delete it."


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".!")
