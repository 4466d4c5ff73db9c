"""Schema `star` of the published file: the reports as facts and dimensions, so that a BI tool's joins are obvious.

Views only, with comments of their own, and no metric is defined here. `dim_*` are the files in `dbt_project/star`; each
report is a fact by the same rule: `report_activity` is `fact_activity`. They refer to tables by schema alone, so
that they work under whatever name a client opens the file.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import published_tables
from orchestration.formats.base import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

FOLDER = Path(__file__).resolve().parent.parent / "dbt_project" / "star"
_MEMBER_KEY = "source and member_id in one, for tools that join on a single column. Joins dim_member."


@cache
def dimensions() -> dict[str, dict[str, Any]]:
    """The dimensions: their SQL, description and columns' descriptions."""
    import yaml

    described = yaml.safe_load((FOLDER / "star.yml").read_text(encoding="utf-8"))
    return {
        name: {"sql": (FOLDER / f"{name}.sql").read_text(encoding="utf-8"), **words}
        for name, words in described.items()
    }


def fact_of(report: str) -> str:
    """The name of a report's fact: `report_churn` is `fact_churn`, `member_week_status` is `fact_member_week`."""
    return f"fact_{report.removeprefix('report_').removesuffix('_status')}"


def create_views(connection: duckdb.DuckDBPyConnection, catalog: str, reports: Sequence[str]) -> None:
    """Makes the views anew in a file that is attached for writing and has its tables. Best within a transaction.

    Args:
        catalog: the name under which the file is attached.
        reports: the tables in schema `reports` that are facts.
    """
    connection.execute(f"use {catalog}")
    connection.execute("drop schema if exists star cascade")
    connection.execute("create schema star")
    for name, dimension in dimensions().items():
        _create(connection, name, dimension["sql"], dimension["description"], dimension["columns"])
    described = published_tables.shapes(connection, catalog)
    for report in reports:
        _create_fact(connection, report, described[report])
    connection.execute("use memory")


def _create_fact(connection: duckdb.DuckDBPyConnection, report: str, shape: published_tables.Shape) -> None:
    comment, described = shape
    columns = {name: text for name, _, text in described}
    chosen = [f'"{column}"' for column in columns]
    if "member_id" in columns and "source" in columns:
        chosen.insert(0, "source || ':' || member_id as member_key")
        columns = {"member_key": _MEMBER_KEY, **columns}
    _create(connection, fact_of(report), f"select {', '.join(chosen)} from reports.{report}", comment, columns)


def _create(connection: duckdb.DuckDBPyConnection, name: str, sql: str, comment: str, columns: dict[str, str]) -> None:
    connection.execute(f"create view star.{name} as {sql}")
    connection.execute(f"comment on view star.{name} is {quoted(comment)}")
    for column, text in columns.items():
        connection.execute(f'comment on column star.{name}."{column}" is {quoted(text)}')


def views(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple]:
    """The views of an attached file, to tell one edition of them from the next."""
    return connection.execute(
        "select view_name, sql, comment from duckdb_views()"
        " where database_name = ? and schema_name = 'star' order by view_name",
        [catalog],
    ).fetchall()
