"""What a rerun changed in weeks that were published before: one row for each value that is another one now.

Whoever quoted a figure can look up what became of it. A row that is new has new values only, one that is gone old
ones only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from orchestration.formats.base import quoted

if TYPE_CHECKING:
    import duckdb

TABLE = "report_restatements"
COMMENT = "One row per week, edition, report, row of it and column: a value that a rerun changed in a published week."
COLUMNS = {
    "week_start": ("DATE", "First day of the reporting week."),
    "edition": ("INTEGER", "The edition that brought the new value (see report_editions)."),
    "report": ("VARCHAR", "The report in which the value stands."),
    "key": ("VARCHAR", "Which row of the week it is, such as 'source=forum, tier=creator'."),
    "column_name": ("VARCHAR", "The column that changed."),
    "old_value": ("VARCHAR", "The value in the edition before; null also where there was no such row."),
    "new_value": ("VARCHAR", "The value since; null also where there is no such row any more."),
}

# What tells a row from the others of its week; where nothing stands here, the source alone.
KEYS: dict[str, tuple[str, ...]] = {
    "report_pyramid": ("source", "tier"),
    "report_interaction_mix": ("source", "participation", "expression", "audience"),
    "report_lifecycle": ("source", "stage"),
    "report_lifecycle_moves": ("source", "from_stage", "to_stage"),
    "report_churn_calibration": ("source", "bin"),
    "report_churn_backtest": ("source", "rule"),
    "report_churn_features": ("source", "feature"),
    "member_week_status": ("source", "member_id"),
    "report_retention": ("source", "cohort_week", "weeks_since"),
    "report_content": ("source", "content_type"),
    "report_heatmap": ("source", "iso_weekday", "hour"),
    "report_segments": ("source", "attribute", "value"),
    "report_purchases": ("source", "currency"),
    "report_onboarding": ("source", "joined_week"),
    "report_surveys": ("source", "survey_id", "question"),
    "report_safety": ("source", "event_type"),
    "report_goals": ("goal",),
    "report_headlines": ("source", "metric"),
    "list_winback": ("source", "member_id"),
    "list_removal": ("source", "member_id"),
    "report_winback_lift": ("source", "lists", "play"),
}


def key_of(report: str) -> tuple[str, ...]:
    """The columns that, with the week, tell a report's rows apart."""
    return KEYS.get(report, ("source",))


def write(connection: duckdb.DuckDBPyConnection, changed: Mapping[date, tuple[int, Sequence[str]]]) -> None:
    """Keeps what is known of earlier editions in the new file, and adds what this one changes.

    Args:
        connection: has the new file attached as `new`, the published one (if there is one) as `old`, and the warehouse.
        changed: for each week that was published before and differs, its new edition and the reports that differ.
    """
    if not _columns(connection, "new", TABLE):
        _create(connection)
        if _columns(connection, "old", TABLE):
            connection.execute(
                f"insert into new.reports.{TABLE} by name select * from old.reports.{TABLE} order by all"
            )
    for report in sorted({report for _, reports in changed.values() for report in reports}):
        editions = {week: edition for week, (edition, reports) in changed.items() if report in reports}
        _add(connection, report, editions)


def prune(connection: duckdb.DuckDBPyConnection, report: str, kept_from: date) -> None:
    """Drops what is known of a report's weeks before one: rows per member are kept no longer here than there."""
    connection.execute(
        f"delete from new.reports.{TABLE} where report = ? and week_start < ?",
        [report, kept_from],
    )


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    fields = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    connection.execute(f"create table new.reports.{TABLE} ({fields})")
    connection.execute(f"comment on table new.reports.{TABLE} is {quoted(COMMENT)}")
    for name, (_, text) in COLUMNS.items():
        connection.execute(f"comment on column new.reports.{TABLE}.{name} is {quoted(text)}")


def _columns(connection: duckdb.DuckDBPyConnection, catalog: str, table: str) -> list[str]:
    """A table's columns in their order; none where there is no such table."""
    return [
        row[0]
        for row in connection.execute(
            "select column_name from duckdb_columns() where database_name = ? and schema_name = 'reports'"
            " and table_name = ? order by column_index",
            [catalog, table],
        ).fetchall()
    ]


def _add(connection: duckdb.DuckDBPyConnection, report: str, editions: Mapping[date, int]) -> None:
    known = set(_columns(connection, "old", report))
    if not known:
        return
    key = key_of(report)
    # A column that this version of stillhere brought along, or took away, is no change of a figure.
    values = [
        column
        for column in _columns(connection, "warehouse", report)
        if column in known and column not in (*key, "week_start")
    ]
    same = " and ".join(f'older."{column}" is not distinct from newer."{column}"' for column in ("week_start", *key))
    differs = " or ".join(f'older."{column}" is distinct from newer."{column}"' for column in values)
    shown = " || ', ' || ".join(
        f"""'{column}=' || coalesce(cast(coalesce(newer."{column}", older."{column}") as varchar), '')"""
        for column in key
    )
    cells = ", ".join(
        f"""{{'column_name': '{column}', 'old_value': cast(older."{column}" as varchar),"""
        f""" 'new_value': cast(newer."{column}" as varchar)}}"""
        for column in values
    )
    week_rows = "select * from {}.reports.{} where week_start in (select unnest($weeks::date[]))"
    connection.execute(
        f"""
        insert into new.reports.{TABLE} by name
        with older as ({week_rows.format("old", report)}),
        newer as ({week_rows.format("warehouse", report)}),
        cells as (
            select coalesce(newer.week_start, older.week_start) as week_start, {shown} as key, unnest([{cells}]) as cell
            from older full join newer on {same}
            where {differs}
        ),
        editions as (select unnest($weeks::date[]) as week_start, unnest($editions::integer[]) as edition)
        select week_start, edition, {quoted(report)} as report, key, cell.column_name, cell.old_value, cell.new_value
        from cells join editions using (week_start)
        where cell.old_value is distinct from cell.new_value
        order by all
        """,
        {"weeks": list(editions), "editions": list(editions.values())},
    )
