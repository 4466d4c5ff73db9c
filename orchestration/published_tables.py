"""Tables of the published file: how they look, and how they are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestration.formats.base import quoted

if TYPE_CHECKING:
    import duckdb


def shape(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> tuple[str | None, list[tuple]]:
    """A report's comment, and its columns, each with type and comment; none where there is no such table."""
    given = [catalog, table]
    columns = connection.execute(
        "select column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " where database_name = ? and schema_name = 'reports' and table_name = ? order by column_index",
        given,
    ).fetchall()
    comments = connection.execute(
        "select comment from duckdb_tables() where database_name = ? and schema_name = 'reports' and table_name = ?",
        given,
    ).fetchall()
    return comments[0][0] if comments else None, columns


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
