"""The published record that people were erased: `report_erasures` says when and how much, and never who.

Weeks that were published with an erased person keep the totals that they were published with. Computed again, they
would come out smaller; so such a week is sealed: as long as nothing else has changed that its figures stand on, no run
publishes it anew.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from orchestration import published_tables, warehouse
from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

TABLE = "report_erasures"
COMMENT = "One row per erasure and source: that people were erased at their wish, when and how much, and never who."
COLUMNS = {
    "erasure": ("INTEGER", "1 for the first erasure, then one more for each."),
    "erased_at": ("TIMESTAMP", "When (UTC) it was asked for."),
    "source": ("VARCHAR", "The source, as in the config, in which rows were erased."),
    "rows_erased": ("BIGINT", "Raw rows of the erased that went."),
    "rows_changed": ("BIGINT", "Raw rows of others that named them, and do no longer."),
    "first_week": (
        "DATE",
        "The first of the weeks that were published before, and whose totals count the erased still; null: none.",
    ),
    "last_week": ("DATE", "The last of those weeks. A newer edition than the erasure is computed without the erased."),
}


def carry_over(connection: duckdb.DuckDBPyConnection) -> None:
    """Keeps the record in a new published file: an empty one where nobody was erased yet.

    Args:
        connection: has the new file attached as `new`, and the published one (if there is one) as `old`.
    """
    if published_tables.columns_of(connection, "new", TABLE):
        return
    published_tables.create(connection, TABLE, COLUMNS, COMMENT)
    if published_tables.columns_of(connection, "old", TABLE):
        connection.execute(f"insert into new.reports.{TABLE} by name select * from old.reports.{TABLE} order by all")


def has_rows(home: Home) -> bool:
    """Whether anybody was ever erased from what is published."""
    import duckdb

    if not home.published.exists():
        return False
    with warehouse.connect(home.published, read_only=True) as connection:
        try:
            return bool(connection.execute(f"select 1 from reports.{TABLE} limit 1").fetchall())
        except duckdb.CatalogException:
            return False


def sealed(home: Home) -> dict[date, str]:
    """The weeks whose last edition is older than an erasure that it counts, each with the inputs that it stands on."""
    import duckdb

    if not home.published.exists():
        return {}
    with warehouse.connect(home.published, read_only=True) as connection:
        try:
            return dict(
                connection.execute(
                    f"""
                    with latest as (
                        select week_start, published_at, exports_fingerprint from reports.report_editions
                        qualify row_number() over (partition by week_start order by edition desc) = 1
                    )
                    select distinct week_start, exports_fingerprint
                    from latest inner join reports.{TABLE} as erasures
                        on week_start between first_week and last_week and erased_at >= published_at
                    """
                ).fetchall()
            )
        except duckdb.CatalogException:
            return {}
