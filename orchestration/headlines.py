"""What a person sees of an asset in the Dagster UI: rows, the headline figures of the run's last week, a small trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration import warehouse
from orchestration.community import Community

if TYPE_CHECKING:
    import duckdb

# The columns of each report that tell its story in one line, and the one whose trend is drawn.
HEADLINES = {
    "report_activity": (
        ("members", "active_members", "new_active", "retained", "resurrected", "dormant", "active_rate", "stickiness"),
        "active_members",
    ),
    "report_churn": (("active", "quiet", "at_risk", "churned", "newly_churned", "won_back", "churn_rate"), "at_risk"),
    "report_lifecycle": (("stage", "members", "active_members", "share", "buyers", "revenue"), None),
    "report_lifecycle_moves": (("from_stage", "to_stage", "members"), None),
    "report_retention": (("cohort_week", "weeks_since", "cohort_size", "active_members", "retention"), None),
}
_BARS = "▁▂▃▄▅▆▇█"
_TREND_WEEKS = 26


def metadata(community: Community, model: str, weeks: Sequence[date]) -> dict[str, Any]:
    """Metadata of a freshly built model: its row count, and for a report the figures of the last week that was run."""
    with warehouse.connect(community.home.warehouse, read_only=True) as connection:
        relation = _relation(connection, model)
        if relation is None:
            return {}
        if not weeks or model not in HEADLINES:
            rows = connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
            return {"dagster/row_count": rows}
        columns, trend_column = HEADLINES[model]
        last = weeks[-1]
        in_run = "week_start in (select unnest($weeks::date[]))"
        rows = connection.execute(f"select count(*) from {relation} where {in_run}", {"weeks": list(weeks)}).fetchall()[0][0]
        shown = connection.execute(
            f"select source, {', '.join(columns)} from {relation} where week_start = $week order by all limit 40", {"week": last}
        ).fetchall()
        result: dict[str, Any] = {
            "dagster/row_count": rows,
            "weeks": f"{weeks[0]} to {last}" if len(weeks) > 1 else str(last),
            "headlines": dg.MetadataValue.md(_table(f"Week of {last}", ("source", *columns), shown)),
        }
        if trend_column:
            series = connection.execute(
                f"select {trend_column} from {relation} where source = 'all' and week_start <= $week"
                f" order by week_start desc limit {_TREND_WEEKS}",
                {"week": last},
            ).fetchall()
            values = [row[0] for row in reversed(series)]
            result["trend"] = f"{trend_column}, {len(values)} weeks to {last}: {sparkline(values)} {values[0]} to {values[-1]}" if values else ""
            if values:
                result[trend_column] = values[-1]
        return result


def sparkline(values: Sequence[float]) -> str:
    """Numbers as a line of bars, from the smallest to the largest."""
    low, high = min(values), max(values)
    span = (high - low) or 1
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in values)


def _relation(connection: duckdb.DuckDBPyConnection, model: str) -> str | None:
    found = connection.execute(
        "select table_schema from information_schema.tables where table_name = ? and table_schema in"
        " ('staging', 'canonical', 'reports')",
        [model],
    ).fetchall()
    return f"{found[0][0]}.{model}" if found else None


def _table(title: str, columns: Sequence[str], rows: Sequence[tuple]) -> str:
    lines = [f"**{title}**", "", "| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value).replace("|", "\\|").replace("<", "&lt;")
