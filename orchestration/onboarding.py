"""The published table `report_onboarding`: a week of joining once, as its newest published report has it.

First steps take four weeks, so that five weekly reports tell of those who joined in a week
(`report_onboarding_as_of`): one row each, which no later week changes. Summed up, they count everybody five times.
This table has the newest of them, and follows from what is published, whatever order weeks were run in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestration import published_tables

if TYPE_CHECKING:
    import duckdb

TABLE = "report_onboarding"
AS_OF = "report_onboarding_as_of"
COMMENT = (
    "One row per source and published week of joining: the first steps of those who joined in it, as far as they were"
    " known at the end of the newest published week that tells of them."
)
# The columns that are not those of the report as of a week.
COLUMNS = {
    "week_start": ("DATE", "First day of the week of joining, in the community's time zone."),
    "reported_week": (
        "DATE",
        f"First day of the reporting week whose {AS_OF} has this row: once it is final, four weeks after week_start.",
    ),
}


def described(as_of: dict[str, str]) -> dict[str, str]:
    """Each column's description, in order, out of those of the report as of a week."""
    texts = {name: text for name, (_, text) in COLUMNS.items()}
    kept = {name: text for name, text in as_of.items() if name not in ("source", "week_start", "joined_week")}
    return {
        "source": as_of["source"],
        "week_start": texts["week_start"],
        **kept,
        "reported_week": texts["reported_week"],
    }


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the table anew out of the file's own rows.

    Args:
        connection: has the new file attached as `new`, with `report_onboarding_as_of` and `report_editions` in it.
    """
    columns = published_tables.columns_of(connection, "new", AS_OF)
    kinds = {name: kind for name, kind, _ in columns} | {name: kind for name, (kind, _) in COLUMNS.items()}
    texts = described({name: text for name, _, text in columns})
    published_tables.create(connection, TABLE, {name: (kinds[name], text) for name, text in texts.items()}, COMMENT)
    connection.execute(
        f"""
        insert into new.reports.{TABLE} by name
        select * exclude (joined_week) replace (joined_week as week_start), week_start as reported_week
        from new.reports.{AS_OF}
        -- A week that was never published itself is told of as well; a row of it would find no week in `star.dim_week`.
        where joined_week in (select week_start from new.reports.report_editions)
        qualify row_number() over (partition by source, joined_week order by week_start desc) = 1
        order by all
        """
    )
