"""Great Expectations on DuckDB, which it has no data source for.

With the stock classes every metric fails with `list index out of range`, shown only as `success: false`
(great_expectations#10738): the engine runs a query, gives its connection back to the pool and fetches the rows
afterwards, but a DuckDB result dies with the rollback the pool does in between. So this engine keeps one connection
open for as long as it lives. That also gives all checks of a run the same snapshot of the warehouse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """A SQL engine that holds on to one connection.

    Attributes:
        prepared: temporary tables that checks read, by name: True once they are there, False where they cannot be made.
    """

    _kept: sa.Connection | None = None

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.prepared: dict[str, bool] = {}

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """Yield the one connection, and leave it usable after a query that failed."""
        if self._kept is None:
            self._kept = self.engine.connect()
        try:
            yield self._kept
        except Exception:
            # DuckDB refuses every later statement of a transaction in which one failed: without the rollback
            # one check that cannot be evaluated would take all the others with it.
            self._kept.rollback()
            raise

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Run plain SQL (colons and braces mean nothing special in it) and fetch all its rows."""
        with self.get_connection() as connection:
            return [dict(row) for row in connection.exec_driver_sql(query).mappings()]

    def keep(self, name: str, query: str) -> None:
        """Keep a query's rows as a temporary table."""
        with self.get_connection() as connection:
            connection.exec_driver_sql(f"CREATE TEMP TABLE {name} AS {query}")
            # Else it would go with the rollback after the next query that fails.
            connection.commit()

    def close(self) -> None:
        """Give the connection back and let go of the file, so that a writer can open it."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        super().close()


class DuckDBDatasource(SQLDatasource):
    """A SQL data source whose queries run on `DuckDBExecutionEngine`."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> "type[SqlAlchemyExecutionEngine]":
        """The engine Great Expectations builds for this data source."""
        return DuckDBExecutionEngine


@contextmanager
def open_warehouse(warehouse: Path) -> Iterator[DuckDBDatasource]:
    """Open the warehouse read-only as a data source of a context that lives in memory only."""
    if not warehouse.is_file():
        raise FileNotFoundError(f"there is no warehouse at {warehouse}")
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    # It lives in memory, and would write itself as YAML, to nowhere, with each report that is added.
    context._save_project_config = lambda: None  # type: ignore[method-assign]
    url = sa.URL.create("duckdb", database=str(warehouse.resolve()))
    source = context.data_sources.add_or_update_duckdb(
        name="warehouse",
        connection_string=url.render_as_string().replace("$", r"\$"),
        kwargs={"connect_args": {"read_only": True}, "poolclass": sa.NullPool},
    )
    try:
        yield source
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()
