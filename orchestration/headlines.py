"""What a person sees of a model in the Dagster UI: row counts, each week's headline figures, and a small trend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration import warehouse
from orchestration.community import Community

if TYPE_CHECKING:
    import duckdb

# Reports of one row a source: the figures that tell the week's story, of which the first is drawn as a trend.
FIGURES = {
    "report_activity": (
        "active_members", "active_rate", "members", "new_members", "left_members", "new_active", "retained",
        "resurrected", "dormant", "interactions", "stickiness", "engagement_rate",
    ),
    "report_audience": (
        "followers", "followers_gained", "followers_lost", "unfollow_rate", "reach", "engagement_rate_by_reach",
        "posts",
    ),
    "report_churn": (
        "at_risk", "churned", "active", "quiet", "never_active", "newly_churned", "won_back", "churn_rate",
    ),
    "report_churn_model": ("members", "alpha", "beta", "gamma", "delta", "log_likelihood", "problem"),
    "report_conversation": (
        "two_way_members", "two_way_share", "threads", "answered_24h", "answered_24h_rate", "answered_by_official_24h",
        "median_first_response_minutes", "unanswered", "official_posts", "official_replies", "broadcast_share",
    ),
}  # fmt: skip
# How many of them the UI plots over the weeks as well.
_PLOTTED_FIGURES = 3
# What is plotted over the weeks of reports with several rows a source: SQL over the whole community's rows.
PLOTTED = {
    "report_lifecycle": {
        f"{stage}_members": f"max(members) filter (where stage = '{stage}')"
        for stage in ("newbie", "growth", "mature", "churned")
    },
    "report_lifecycle_moves": {"moved": "sum(members) filter (where from_stage is distinct from to_stage)"},
    "report_retention": {"retained_after_4_weeks": "max(retention) filter (where weeks_since = 4)"},
    "report_pyramid": {
        f"{tier}_share": f"max(share) filter (where tier = '{tier}')" for tier in ("creator", "contributor")
    },
    "report_interaction_mix": {"interactions": "sum(interactions)"},
    "report_heatmap": {"busiest_hour_interactions": "max(interactions)"},
    "report_content": {"posts": "sum(posts)"},
    "report_onboarding_as_of": {"joined": "sum(joined)", "came_back": "sum(came_back)"},
    "report_safety": {"events": "sum(events)"},
    "report_goals": {"goals_on_track": "count(*) filter (where on_track)"},
    "report_headlines": {"good_news": "count(*) filter (where is_good_news)"},
    "report_purchases": {"orders": "sum(orders)"},
    "report_surveys": {"responses": "sum(responses)"},
    "member_week_status": {"flagged_members": "count(flagged_by)"},
}
_COMPARED = ("value", "previous", "mean_4w", "same_week_last_year")


def _short(column: str) -> str:
    """SQL for a number that may be a count or a rate, without needless digits."""
    return f"format('{{:.6g}}', {column}) as {column}"


# Reports of several rows a source: what is shown of the whole community, and what comes first.
ROWS = {
    "report_lifecycle": (
        "stage, members, active_members, share, buyers, revenue",
        "list_position(['newbie', 'growth', 'mature', 'churned'], stage)",
    ),
    "report_lifecycle_moves": (
        "coalesce(from_stage, 'joined') as from_stage, to_stage, members",
        "members desc, from_stage, to_stage",
    ),
    "report_churn_choice": (
        f"rule, reason, {_short('precision')}, {_short('recall')}, {_short('base_rate')}, weeks_judged",
        "rule",
    ),
    "report_churn_features": (f"feature, {_short('importance')}, place", "place"),
    "report_retention": ("cohort_week, weeks_since, cohort_size, active_members, retention", "cohort_week desc"),
    "report_pyramid": (
        "tier, members, share",
        "list_position(['creator', 'contributor', 'lurker', 'absent', 'silent'], tier)",
    ),
    "report_churn_backtest": (
        'rule, population, base_rate, tp, fp, fn, tn, "precision", recall, f1, lift, auc, brier',
        "list_position(['silence', 'rhythm', 'probability', 'union', 'always'], rule)",
    ),
    "report_churn_calibration": ("bin, members, predicted, observed", "bin"),
    "report_interaction_mix": (
        "participation, expression, audience, interactions, members",
        "interactions desc, participation, expression, audience",
    ),
    "report_heatmap": (
        'iso_weekday, "hour", interactions, active_members',
        'interactions desc, iso_weekday, "hour"',
    ),
    "report_content": (
        "coalesce(content_type, 'unknown') as content_type, posts, reactions, replies, shares, views,"
        " engagement_per_post",
        "posts desc, content_type",
    ),
    "report_segments": (
        "attribute, value, members, active_members, active_rate",
        "attribute, value is null, members desc, value",
    ),
    "report_onboarding_as_of": (
        "joined_week, joined, active_7d, reply_received_7d, active_28d, came_back, median_days_to_active",
        "joined_week desc",
    ),
    "report_safety": ("event_type, events, members, per_1000_active", "events desc, event_type"),
    "report_goals": (
        f"goal, metric, {_short('value')}, {_short('expected_by_now')}, {_short('target')},"
        " cast(on_track as varchar) as on_track",
        "goal",
    ),
    "report_headlines": (
        f"place, metric, {', '.join(map(_short, _COMPARED))}, direction, robust_z",
        "place",
    ),
    "report_purchases": (
        "currency, orders, buyers, revenue, first_time_buyers, repeat_rate, active_buyer_share, orders_without_buyer",
        "orders desc, currency",
    ),
    "report_surveys": (
        "survey_id, question, responses, response_rate, mean, nps, top_choices",
        "survey_id, question",
    ),
    "list_winback": (
        "play, status, case when is_holdout then 'held out' else 'to contact' end as arm, count(*) as members",
        "members desc, play, status, arm",
    ),
    "list_removal": ("status, count(*) as members, max(silence_weeks) as longest_silence", "members desc, status"),
    "report_winback_lift": (
        "play, lists, contacted, holdout, rate_contacted, rate_holdout, difference, low, high, verdict",
        "play <> 'all', play, lists desc",
    ),
    "member_week_status": ("status, count(*) as members, count(flagged_by) as flagged", "members desc, status"),
}
# Larger tables are not read to the end only to tell them from what they were before.
MOST_ROWS_HASHED = 500_000
_SHOWN_ROWS = 26
_TREND_WEEKS = 26
_SHOWN_SOURCES = 8
_BARS = "▁▂▃▄▅▆▇█"
_RATES = ("_rate", "share", "retention", "stickiness")


@dataclass
class Description:
    """What is said of a freshly built model.

    Attributes:
        metadata: of the model as a whole.
        of_weeks: of each week of the run, for reports.
        data_version: identifies the rows, so that what depends on them counts as outdated only when they changed; None
            for reports, whose partitions have a version of their own, and for views.
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    of_weeks: dict[date, dict[str, Any]] = field(default_factory=dict)
    data_version: str | None = None


def describe(community: Community, models: Sequence[str], weeks: Sequence[date]) -> dict[str, Description]:
    """Describes models that were just built.

    Args:
        weeks: the weeks of the run; empty where it computed none.
    """
    with warehouse.connect(community.home.warehouse, read_only=True) as connection:
        found = connection.execute(
            "select table_name, table_schema || '.' || table_name, table_type = 'VIEW' from information_schema.tables"
            " where table_schema in ('staging', 'canonical', 'reports')"
        ).fetchall()
        schemas = _column_schemas(connection)
        inputs = _inputs(connection) if "int_week_inputs" in models else None
        described: dict[str, Description] = dict.fromkeys(models, Description())
        for model, relation, is_view in found:
            if model not in described:
                continue
            # A view has no rows of its own: to count them would be to compute them, and they change with what it reads.
            described[model] = (
                Description({"dagster/column_schema": schemas[relation]})
                if is_view
                else _describe(connection, model, relation, schemas[relation], weeks, inputs)
            )
        return described


def _inputs(connection: duckdb.DuckDBPyConnection) -> str:
    """What identifies all rows that were just read from the exports, and the settings."""
    found = connection.execute(
        "select inputs_fingerprint from canonical.int_week_inputs order by week_start desc limit 1"
    ).fetchall()
    return found[0][0] if found else "none"


def _describe(
    connection: duckdb.DuckDBPyConnection,
    model: str,
    relation: str,
    schema: dg.TableSchema,
    weeks: Sequence[date],
    inputs: str | None,
) -> Description:
    total = connection.execute(f"select count(*) from {relation}").fetchall()[0][0]
    if model not in FIGURES and model not in ROWS:
        metadata = {"dagster/row_count": total, "dagster/column_schema": schema}
        told_by = inputs
        # Millions of rows are told by what they were made from, which was hashed already.
        if inputs is None or total <= MOST_ROWS_HASHED:
            told_by = connection.execute(f"select sum(cast(hash(t) as hugeint)) from {relation} as t").fetchall()[0][0]
        return Description(metadata, data_version=f"{total}-{told_by or 0}")
    counts = dict(
        connection.execute(
            f"select week_start, count(*) from {relation}"
            " where week_start in (select unnest($weeks::date[])) group by week_start",
            {"weeks": list(weeks)},
        ).fetchall()
    )
    show = _figures if model in FIGURES else _rows
    shown = show(connection, model, relation, weeks)
    of_weeks = {week: shown.get(week, {}) | {"dagster/partition_row_count": counts.get(week, 0)} for week in weeks}
    return Description({"dagster/row_count": total}, of_weeks)


def _column_schemas(connection: duckdb.DuckDBPyConnection) -> dict[str, dg.TableSchema]:
    """The columns of every model as they are, with the types that only the engine knows where a model has no contract.

    All at once: the engine goes through every table for each such question.
    """
    columns: defaultdict[str, list[dg.TableColumn]] = defaultdict(list)
    for relation, name, kind, comment in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        columns[relation].append(dg.TableColumn(name, kind.lower(), plain(comment)))
    return {relation: dg.TableSchema(found) for relation, found in columns.items()}


def plain(text: str) -> str:
    """Text as it is, where the UI would take `<source>` for a tag and show nothing."""
    return text.replace("<", "&lt;")


def _figures(
    connection: duckdb.DuckDBPyConnection, model: str, relation: str, weeks: Sequence[date]
) -> dict[date, dict[str, Any]]:
    """A table of figures by source for each week, and how the first of them has gone in the community up to then."""
    names = FIGURES[model]
    rows = connection.execute(
        f"select week_start, source, {', '.join(names)} from {relation}"
        " where week_start in (select unnest($weeks::date[])) order by week_start, source <> 'all', source",
        {"weeks": list(weeks)},
    ).fetchall()
    by_week: defaultdict[date, list[tuple]] = defaultdict(list)
    for week, *row in rows:
        by_week[week].append(tuple(row))
    series = connection.execute(
        f"select week_start, {names[0]} from {relation} where source = 'all' order by week_start"
    ).fetchall()
    position = {week: i for i, (week, _) in enumerate(series)}
    result = {}
    for week, sources in by_week.items():
        # One column a source: figures are many and sources few, and the page is narrow.
        upright = list(zip(("", *names), *sources[:_SHOWN_SOURCES], strict=True))
        result[week] = {"headlines": _markdown(f"Week of {week}", names, upright)}
        if week in position:
            trend = series[max(0, position[week] + 1 - _TREND_WEEKS) : position[week] + 1]
            values = [value for _, value in trend if value is not None]
            if values:
                result[week][f"{names[0]}_trend"] = (
                    f"{sparkline(values)} {values[0]:,} to {values[-1]:,} in {len(values)} weeks"
                )
        # As numbers too: the UI plots them over the weeks.
        of_all = next((row for row in sources if row[0] == "all"), ())
        plotted = dict(zip(names[:_PLOTTED_FIGURES], of_all[1:], strict=False))
        result[week] |= {name: value for name, value in plotted.items() if value is not None}
    return result


def _rows(
    connection: duckdb.DuckDBPyConnection, model: str, relation: str, weeks: Sequence[date]
) -> dict[date, dict[str, Any]]:
    """A table of the community's rows for each week."""
    columns, first = ROWS[model]
    rows = connection.execute(
        f"""
        with shown as (
            select week_start, {columns} from {relation}
            where source = 'all' and week_start in (select unnest($weeks::date[]))
            group by all
        )
        select * from shown
        qualify row_number() over (partition by week_start order by {first}) <= {_SHOWN_ROWS}
        order by week_start, {first}
        """,
        {"weeks": list(weeks)},
    )
    names = [column[0] for column in rows.description][1:]
    by_week: defaultdict[date, list[tuple]] = defaultdict(list)
    for week, *row in rows.fetchall():
        by_week[week].append(tuple(row))
    plotted = _plotted(connection, model, relation, weeks)
    return {
        week: {"headlines": _markdown(f"Week of {week}, all sources together", names, [tuple(names), *found])}
        | plotted.get(week, {})
        for week, found in by_week.items()
    }


def _plotted(
    connection: duckdb.DuckDBPyConnection, model: str, relation: str, weeks: Sequence[date]
) -> dict[date, dict[str, int | float]]:
    """The numbers that the UI draws as a line over the weeks; none of a week in which they cannot be told."""
    expressions = PLOTTED.get(model)
    if not expressions:
        return {}
    rows = connection.execute(
        f"select week_start, {', '.join(expressions.values())} from {relation}"
        " where source = 'all' and week_start in (select unnest($weeks::date[])) group by week_start",
        {"weeks": list(weeks)},
    ).fetchall()
    return {
        week: {
            name: value if isinstance(value, int) else float(value)
            for name, value in zip(expressions, values, strict=True)
            if value is not None
        }
        for week, *values in rows
    }


def sparkline(values: Sequence[float]) -> str:
    """Numbers as a line of bars, from the smallest to the largest."""
    low, high = min(values), max(values)
    span = (high - low) or 1
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in values)


def _markdown(title: str, names: Sequence[str], table: Sequence[tuple]) -> dg.MarkdownMetadataValue:
    """A table whose first row is its head. Rates are shown as percentages."""
    head, *rows = table
    upright = head[0] == ""
    lines = [f"**{title}**", "", "| " + " | ".join(map(str, head)) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        of = [row[0]] * len(row) if upright else names
        lines.append("| " + " | ".join(_cell(value, name) for value, name in zip(row, of, strict=True)) + " |")
    return dg.MetadataValue.md("\n".join(lines))


def _cell(value: Any, name: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.1%}" if name.endswith(_RATES) else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    return plain(str(value)).replace("|", "\\|")
