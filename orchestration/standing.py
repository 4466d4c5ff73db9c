"""What all weeks stand on, and whether it stands: seeds, staging and canonical models need no building as long as
nothing that they are made of has changed.

A record in the warehouse (`control.standing`) says what the models were made of. It is written when all of them are
built, and goes before anything is built of something else: a run that was killed, or built a part, leaves none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration import warehouse
from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

# Control tables that tell of a run's weeks, or of what came out of it: models that follow them do not stand.
_OF_RUNS = ("run_weeks", "figure_weeks", "check_results", "standing")


def names(home: Home, project: str) -> list[str]:
    """The models and seeds that stand, in the order in which they were built; none, and no record, where they do not.

    Args:
        project: a hash of the dbt project.
    """
    with warehouse.connect(home.warehouse) as connection:
        _create(connection)
        found = connection.execute("select names, made_of from control.standing").fetchall()
        if not found:
            return []
        built, made_of = found[0]
        if made_of == _made_of(connection, home, project):
            return built
        connection.execute("delete from control.standing")
        return []


def remember(home: Home, project: str, built: Sequence[str]) -> None:
    """Notes that all of these models and seeds were built of what there is now."""
    with warehouse.connect(home.warehouse) as connection:
        made_of = _made_of(connection, home, project)
        connection.begin()
        _create(connection)
        connection.execute("delete from control.standing")
        connection.execute(
            "insert into control.standing values ($made_of, $built)", {"made_of": made_of, "built": list(built)}
        )
        connection.commit()


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists control")
    connection.execute("create table if not exists control.standing (made_of varchar, names varchar[])")


def _made_of(connection: duckdb.DuckDBPyConnection, home: Home, project: str) -> str:
    """A hash of all that the models are made of: the project, the config, and the files of lake and ledger."""
    # Views name the files that they read by their place.
    digest = hashlib.sha256(f"{home.path} {project}".encode())
    tables = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'control' order by 1"
    ).fetchall()
    for (table,) in tables:
        if table not in _OF_RUNS:
            columns = "* exclude (kept_from_week)" if table == "settings" else "*"
            rows = connection.execute(f"select {columns} from control.{table} order by all").fetchall()
            digest.update(repr((table, rows)).encode())
    # No file is ever written to again: another content has another name.
    files = [*home.lake.glob("*/*/week=*/*.parquet"), *home.ledger.glob("*/*.parquet")]
    digest.update(repr(sorted((str(path), path.stat().st_size) for path in files)).encode())
    return digest.hexdigest()
