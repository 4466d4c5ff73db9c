"""Reading the published tables for a page: rows whose values know where they are from, and the columns' definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from orchestration import formats
from orchestration.page.figures import Figure, key_text, unit_of
from orchestration.weeks import WEEK

if TYPE_CHECKING:
    import duckdb

    from orchestration.languages import Language

# How many weeks a page looks back on, its own included.
WEEKS_SHOWN = 26
# What says which row of a table, besides source and week_start.
_KEYS = {
    "list_removal": ("member_id",),
    "list_winback": ("member_id",),
    "report_churn_backtest": ("rule",),
    "report_content": ("content_type",),
    "report_editions": ("edition",),
    "report_goals": ("goal",),
    "report_headlines": ("metric",),
    "report_heatmap": ("iso_weekday", "hour"),
    "report_interaction_mix": ("participation", "expression", "audience"),
    "report_lifecycle": ("stage",),
    "report_lifecycle_moves": ("from_stage", "to_stage"),
    "report_onboarding_as_of": ("joined_week",),
    "report_purchases": ("currency",),
    "report_quality": ("report", "check_name"),
    "report_pyramid": ("tier",),
    "report_retention": ("cohort_week", "weeks_since"),
    "report_safety": ("event_type",),
    "report_surveys": ("survey_id", "question"),
    "report_winback_lift": ("lists", "play"),
}


@dataclass
class Definitions:
    """What the tables' columns mean, in the words of their comments; knows which of them the page has used."""

    comments: dict[tuple[str, str], str]
    used: dict[tuple[str, str], str] = field(default_factory=dict)

    def button(self, table: str, column: str, label: Markup | str, kind: str, hint: bool = False) -> Markup:
        """A label that opens the column's definition when it is tapped, or chosen with the keyboard.

        Args:
            kind: class of the button.
            hint: whether the definition shows on hovering too (it is repeated in the page's text for that).
        """
        comment = self.comments.get((table, column))
        if not comment:
            return escape(label)
        self.used[table, column] = comment
        title = f' title="{escape(comment)}"' if hint else ""
        return Markup(
            f'<button type="button" class="{kind}" popovertarget="{anchor(table, column)}"{title}>'
            f"{escape(label)}</button>"
        )


def anchor(table: str, column: str) -> str:
    """The id of a column's definition on the page."""
    return f"d-{table}-{column}"


class Row:
    """One row of a published table; its columns are figures: `row.active_members`."""

    def __init__(self, week: WeekReader, table: str, values: dict[str, Any]):
        self._week, self._table, self._values = week, table, values

    def __getattr__(self, column: str) -> Figure:
        if column.startswith("_") or column not in self._values:
            raise AttributeError(f"{self._table} has no column {column}")
        return self.figure(column)

    __getitem__ = __getattr__

    def __contains__(self, column: str) -> bool:
        return column in self._values

    def figure(self, column: str, unit: str | None = None, currency: str | None = None) -> Figure:
        """A column's figure, written as the unit says where the column's name does not tell."""
        return Figure(
            self._values[column], self._table, column, self.key, unit or unit_of(column), self._week.language,
            self._week.definitions, currency or self._values.get("currency"),
        )  # fmt: skip

    def value(self, column: str) -> Any:
        """A column's bare value."""
        return self._values.get(column)

    @cached_property
    def key(self) -> dict[str, Any]:
        """What says which row of its table it is."""
        names = ("source", "week_start", *_KEYS.get(self._table, ()))
        return {name: self._values[name] for name in names if name in self._values}

    @cached_property
    def key_text(self) -> str:
        """The key as an attribute of the page."""
        return key_text(self.key)


class WeekReader:
    """The published tables as of one week.

    Attributes:
        week_start: the week.
        source: whose figures come first: 'all'.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, week_start: date, language: Language):
        self._connection = connection
        self.week_start, self.language, self.source = week_start, language, "all"
        self._single_rows: dict[tuple[str, str], Row | None] = {}
        self.definitions = Definitions(
            {
                (table, column): comment
                for table, column, comment in connection.execute(
                    "select table_name, column_name, comment from duckdb_columns() where schema_name = 'reports'"
                ).fetchall()
                if comment
            }
        )

    @cached_property
    def tables(self) -> set[str]:
        """The published tables."""
        found = self._connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'reports'"
        ).fetchall()
        return {row[0] for row in found}

    @cached_property
    def sources_with_acts(self) -> set[str]:
        """The sources that show what members do; a shop shows what they buy, and 0 of everything else."""
        found = self.query("select source, format from reports.sources")
        return {source for source, name in found if name not in formats.names() or formats.get(name).shows_acts}

    def observes(self, column: str) -> bool:
        """Whether any source shows what a column of `sources` names."""
        return bool(self.query(f"select 1 from reports.sources where {column} limit 1"))

    @property
    def shows_acts(self) -> bool:
        """Whether any source shows what members do."""
        return bool(self.sources_with_acts)

    def ends_within(self, timezone: str) -> list[tuple[str, date]]:
        """The sources whose newest row is of this week, but not of its last day; with the day of that row."""
        found = self.query(
            """
            select source, cast(timezone($zone, timezone('UTC', max(last_at))) as date) as last_day
            from reports.export_files group by source
            having last_day >= $week and last_day < $last_day order by source
            """,
            zone=timezone,
            week=self.week_start,
            last_day=self.week_start + WEEK - timedelta(days=1),
        )
        return [(source, day) for source, day in found]

    @property
    def last_erasure(self) -> datetime | None:
        """When (UTC) somebody was last erased whom the week's first edition counts; None: nobody was."""
        if "report_erasures" not in self.tables:
            return None
        found = self.query(
            "select max(erased_at) from reports.report_erasures where $week between first_week and last_week",
            week=self.week_start,
        )
        return found[0][0]

    @property
    def first_shown(self) -> date:
        """The earliest week that the page looks back on."""
        return self.week_start - WEEK * (WEEKS_SHOWN - 1)

    def rows(self, table: str, order: str = "all", source: str | None = None, where: str = "true") -> list[Row]:
        """A table's rows of the week; none where there is no such table.

        Args:
            order, where: SQL over its columns.
            source: whose rows; all sources' where it is None.
        """
        given = {"source": source} if source else {}
        of_source = "source = $source" if source else "true"
        return self._select(table, f"week_start = $week and {of_source} and ({where})", order, **given)

    def row(self, table: str, source: str | None = None) -> Row | None:
        """The one row of a source, by default of the whole community; None where there is none."""
        # Many a section asks for the same one.
        key = (table, source or self.source)
        if key not in self._single_rows:
            # One row has no order, and to plan one by all of its columns takes as long as to read it.
            rows = self.rows(table, "week_start", key[1])
            self._single_rows[key] = rows[0] if rows else None
        return self._single_rows[key]

    def has_rows(self, table: str) -> bool:
        """Whether a table has any row of the week."""
        sql = f"select 1 from reports.{table} where week_start = $week limit 1"
        return table in self.tables and bool(self.query(sql, week=self.week_start))

    def count(self, table: str, **key: Any) -> Figure:
        """How many of a table's rows of the week have these values; 0 where there is no such table."""
        key = {"week_start": self.week_start, **key}
        rows = 0
        if table in self.tables:
            conditions = " and ".join(f"{name} = ${name}" for name in key)
            rows = self.query(f"select count(*) from reports.{table} where {conditions}", **key)[0][0]
        return Figure(rows, table, "count(*)", key, "plain", self.language, self.definitions)

    def history(self, table: str, source: str | None = None) -> list[Row]:
        """A source's rows of the weeks that the page looks back on, by week."""
        condition = "source = $source and week_start >= $first and week_start <= $week"
        return self._select(table, condition, "week_start", source=source or self.source, first=self.first_shown)

    def sums(self, table: str, columns: Sequence[str]) -> Row:
        """A source's columns summed over the weeks that the page looks back on, as `row["sum(column)"]`.

        The row's key has the weeks as 'first..last'.
        """
        sums = ", ".join(f'sum({column}) as "sum({column})"' for column in columns)
        sql = f"select {sums} from reports.{table} where source = $source and week_start between $first and $week"
        given = {"source": self.source, "first": self.first_shown, "week": self.week_start}
        [row] = self.made_rows(
            table, f"select $source as source, $first || '..' || $week as week_start, * from ({sql})", **given
        )
        return row

    def query(self, sql: str, **given: Any) -> list[tuple]:
        """Any other question to the published file."""
        return self._connection.execute(sql, given).fetchall()

    def made_rows(self, table: str, sql: str, **given: Any) -> list[Row]:
        """Rows of a table, chosen by a query of one's own that keeps the table's column names."""
        result = self._connection.execute(sql, given)
        names = [column[0] for column in result.description]
        return [Row(self, table, dict(zip(names, values, strict=True))) for values in result.fetchall()]

    def _select(self, table: str, condition: str, order: str, **given: Any) -> list[Row]:
        if table not in self.tables:
            return []
        sql = f"select * from reports.{table} where {condition} order by {order}"
        return self.made_rows(table, sql, week=self.week_start, **given)


def known(rows: Sequence[Row], column: str) -> bool:
    """Whether any of the rows has a value in the column."""
    return any(row.value(column) is not None for row in rows)
