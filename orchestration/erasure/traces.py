"""What else may name somebody: logs of runs and of dbt, what was fetched and not loaded, left-overs of killed runs."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from orchestration.erasure.plan import Plan
from orchestration.errors import ErasureError
from orchestration.home import Home, put_file

MARK = "(erased)"
# Two words, an address, or letters and digits in one word of some length, as ids have them; or a very long number.
_TELLING = re.compile(r"\w\s+\w|\w@\w|^(?=.*\d)(?=.*[^\W\d])\w{6,}$|^\d{15,}$")
_DATABASES = {".db", ".sqlite"}


def erase(home: Home, plan: Plan) -> None:
    """Takes the erased out of the logs, and removes what is only there for a while."""
    for left_over in {*home.path.glob("published/**/.*.part"), *home.path.glob("published/*.part*")}:
        left_over.unlink()
    # What was fetched is fetched again where it is not in the lake yet; what is known of it stays.
    for fetched in home.remote.glob("*/*"):
        if fetched.name != "fetched.jsonl":
            fetched.unlink()
    shutil.rmtree(home.dbt / "logs", ignore_errors=True)
    pattern = _pattern(_texts(plan))
    for path in sorted(home.dagster.rglob("*")):
        if path.is_file() and path.suffix in _DATABASES:
            _clean_database(path, pattern)
        elif path.is_file() and path.name != "dagster.yaml" and not path.suffix.startswith(".db-"):
            _clean_file(path, pattern)


def _texts(plan: Plan) -> set[str]:
    """What logs may call the erased: published ids, keys of checks, and what else is nobody's word for anything else.

    A log is full of words of its own: a name of one word, or a short number, is looked for in none.
    """
    natives = {account.partition(":")[2] for account in plan.accounts}
    telling = {text for text in {*natives, *plan.names} if _TELLING.search(text)}
    return {*plan.accounts, *(f"member_id={person}" for person in plan.persons), *telling}


def _pattern(texts: Collection[str]) -> re.Pattern[str]:
    """Finds the texts, also as JSON writes them, and JSON within JSON; `slack:U1` not in `slack:U12`."""
    spellings = set(texts)
    for _ in range(3):
        spellings |= {json.dumps(one, ensure_ascii=ascii_only)[1:-1] for one in spellings for ascii_only in (0, 1)}
    longest_first = sorted(spellings, key=lambda one: (-len(one), one))
    return re.compile("(?<!\\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")


def _clean_file(path: Path, pattern: re.Pattern[str]) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    if pattern.search(text):
        put_file(path, pattern.sub(MARK, text).encode())


def _clean_database(path: Path, pattern: re.Pattern[str]) -> None:
    """Every text in every table of a SQLite file; what is overwritten is not left in free pages."""
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            _clean_tables(connection, pattern)
    except sqlite3.OperationalError as error:
        raise ErasureError(
            f"{path}: ids could not be taken out of this log: {error}. All else is erased. Stop `stillhere ui` if it"
            " runs, then run this command again."
        ) from None


def _clean_tables(connection: sqlite3.Connection, pattern: re.Pattern[str]) -> None:
    with connection:
        connection.execute("pragma secure_delete = on")
        connection.create_function("names", 1, lambda text: isinstance(text, str) and bool(pattern.search(text)))
        connection.create_function("cleaned", 1, lambda text: pattern.sub(MARK, text))
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for column in connection.execute(f'select name from pragma_table_info("{table}")').fetchall():
                connection.execute(
                    f'update "{table}" set "{column[0]}" = cleaned("{column[0]}") where names("{column[0]}")'
                )
    connection.execute("pragma wal_checkpoint(truncate)")
