"""Tables of the published file: how they look, and how they are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestration.formats.base import quoted

if TYPE_CHECKING:
    import duckdb


Shape = tuple[str, list[tuple[str, str, str]]]


def shapes(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, Shape]:
    """The tables of a file's schema `reports`, each with its comment, and its columns with type and comment.

    All at once: the engine goes through every table and column for each such question.
    """
    tables = connection.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables()"
        " where database_name = ? and schema_name = 'reports'",
        [catalog],
    ).fetchall()
    found: dict[str, Shape] = {table: (comment, []) for table, comment in tables}
    columns = connection.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " where database_name = ? and schema_name = 'reports' order by table_name, column_index",
        [catalog],
    ).fetchall()
    for table, *column in columns:
        if table in found:
            found[table][1].append(tuple(column))
    return found


def columns_of(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> list[tuple[str, str, str]]:
    """A table's columns with type and comment; none where there is no such table."""
    return shapes(connection, catalog).get(table, ("", []))[1]


def create(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, tuple[str, str | None]], comment: str
) -> None:
    """Makes an empty table in the new file, in place of the one that is there.

    Args:
        columns: each column's type and comment.
    """
    fields = ", ".join(f'"{name}" {kind}' for name, (kind, _) in columns.items())
    connection.execute(f"create or replace table new.reports.{table} ({fields})")
    connection.execute(f"comment on table new.reports.{table} is {quoted(comment)}")
    for name, (_, text) in columns.items():
        connection.execute(f'comment on column new.reports.{table}."{name}" is {quoted(text or "")}')
