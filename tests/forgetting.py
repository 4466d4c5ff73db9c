"""Erasing somebody from a home on disk, and looking for what is left of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb

from orchestration.home import Home
from tests.communities import Place, stillhere
from tests.exports_in.erasable import TERMS


def forget(place: Place, member_id: str, *more: str) -> subprocess.CompletedProcess[str]:
    """`stillhere forget` as a user types it."""
    return stillhere("forget", member_id, "--config", place.config, "--home", place.home.path, *more)


def holds(home: Home, terms: tuple[str, ...] = TERMS) -> set[tuple[str, str]]:
    """Where in a home any of the texts is: in a file's name, in its bytes, or in a row of a table, with the text."""
    found: set[tuple[str, str]] = set()
    for path in sorted(home.path.rglob("*")):
        name = str(path.relative_to(home.path))
        texts = [name.encode()]
        if path.is_file():
            texts.append(path.read_bytes())
            texts += [repr(row).encode() for row in rows_in(path)]
        found |= {(name, term) for term in terms for text in texts if term.encode() in text}
    return found


def rows_in(path: Path) -> list[tuple]:
    """The rows of a Parquet file, or of every table of a database."""
    if path.suffix == ".parquet":
        return duckdb.read_parquet(str(path)).fetchall()
    if path.suffix != ".duckdb":
        return []
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return [row for schema, table in tables for row in connection.execute(f'from "{schema}"."{table}"').fetchall()]
