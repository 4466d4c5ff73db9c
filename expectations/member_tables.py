"""Checks of the tables with a row a member and week, decided on far fewer rows than these have.

A backfill checks some twenty million such rows, in thirty checks. Nearly every one of them asks about things that many
rows have in common: which weeks a member is there in (a bit each), and how many members are alike in what the checks
look at. So the rows are put together once, into temporary tables of a tenth of their number or less, and a `Decided`
check asks those whether there is any violation at all. Where there is one, its own SQL finds the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from expectations.checks import Check, RowsCheck, expectation_of_none, key_checks

if TYPE_CHECKING:
    from datetime import date

    from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True)
class Prepared:
    """A temporary table of a validation, read by checks of any report.

    Attributes:
        report: whose rows it is made of.
        sql: a query over `batch`, the rows of the report that are validated.
    """

    name: str
    report: str
    sql: str


# Bits for weeks: a number has 62, so a member has one row for each 62 weeks. Weeks are seven days apart.
_WEEKS = """
    SELECT source, member_id, status, number // 62 AS block, bit_or(CAST(1 AS BIGINT) << number % 62) AS weeks,
           count(*) AS number_of_rows
    FROM (
        SELECT source, member_id, status, CAST(week_start - DATE '1900-01-01' AS INTEGER) // 7 AS number
        FROM batch WHERE week_start IS NOT NULL
    )
    GROUP BY ALL"""


def weeks_of_members(report: str) -> Prepared:
    """In which weeks a member is there with a status: (source, member_id, status, block, weeks, number_of_rows)."""
    return Prepared(f"weeks_of_{report}", report, _WEEKS)


@dataclass(frozen=True, kw_only=True)
class Decided(Check):
    """A check that is decided by a query of less cost than its own."""

    check: Check
    by: str
    """SQL that has a row if and only if the check's own violations have any."""
    reads: tuple[Prepared, ...]

    def expectations(self, weeks: "Sequence[date]") -> "list[Expectation]":
        """One expectation: the query has no row."""
        return [expectation_of_none(self, self.by, weeks)]

    def violations(self, failed: Sequence[int]) -> str:
        """The violations of the check itself, whichever of its expectations would have failed."""
        columns = getattr(self.check, "columns", ())
        return self.check.violations(range(len(columns)))


def decided(check: Check, by: str, *reads: Prepared) -> Decided:
    """The check, decided by a query; as it was where one of the tables that this reads cannot be made."""
    return Decided(check=check, by=by, reads=reads, **shared(check))


def shared(check: Check) -> dict[str, Any]:
    """What every kind of check says of itself."""
    return {field.name: getattr(check, field.name) for field in fields(Check)}


def key_checks_among_millions(report: str) -> tuple[Check, ...]:
    """As `key_checks`, of (source, member_id, week_start).

    Uniqueness is not the stock expectation: on five million rows that takes over a gigabyte. Here a member's rows are
    as many as the weeks that they are in. Where they are not, only rows whose hash occurs twice are compared in full.
    """
    columns = ("source", "member_id", "week_start")
    present, unique = key_checks(*columns)
    key, weeks = ", ".join(columns), weeks_of_members(report)
    repeated = RowsCheck(
        **shared(unique),
        sql=f"""
            WITH suspects AS (SELECT hash({key}) AS hash FROM checked GROUP BY ALL HAVING count(*) > 1)
            SELECT {key}, concat(count(*), ' rows') AS observed
            FROM checked SEMI JOIN suspects ON suspects.hash = hash({key})
            GROUP BY {key} HAVING count(*) > 1""",
    )
    by = f"""
        SELECT source, member_id FROM temp.{weeks.name} GROUP BY source, member_id, block
        HAVING sum(number_of_rows) <> bit_count(bit_or(weeks))"""
    return present, decided(repeated, by, weeks)


def ordered_places(place: str, figure: str, wrong: str) -> str:
    """SQL that has a row unless the places of each source and week run from 1 without a gap, in the order of a figure.

    Lists are written in their order, so the row before is nearly always that of the place before. Only where it is not
    is that one looked for.

    Args:
        wrong: how a figure compares to that of the place before where the order is broken, `<` or `>`.
    """
    return f"""
        WITH listed AS NOT MATERIALIZED (
            SELECT source, week_start, {place} AS place, {figure} AS figure FROM checked
            WHERE source IS NOT NULL AND member_id IS NOT NULL AND {place} IS NOT NULL
        ), steps AS NOT MATERIALIZED (
            SELECT *, lag(source) OVER () AS source_before, lag(week_start) OVER () AS week_before,
                   lag(place) OVER () AS place_before, lag(figure) OVER () AS figure_before
            FROM listed
        ), suspects AS MATERIALIZED (
            SELECT *, source_before = source AND week_before = week_start AND place_before = place - 1 AS follows
            FROM steps WHERE NOT coalesce(follows, false) OR figure {wrong} figure_before
        ), befores AS (
            SELECT * FROM listed
            SEMI JOIN (SELECT source, week_start, place - 1 AS place FROM suspects) USING (source, week_start, place)
        ), judged AS (
            SELECT s.place, s.follows, bool_or(s.figure {wrong} b.figure) AS is_wrong, count(b.place) AS befores
            FROM suspects s LEFT JOIN befores b
                ON b.source = s.source AND b.week_start = s.week_start AND b.place = s.place - 1
            GROUP BY s.source, s.week_start, s.place, s.follows
        )
        SELECT place FROM judged WHERE is_wrong OR follows OR place <> 1 AND befores = 0
        UNION ALL
        SELECT max(place) FROM listed GROUP BY source, week_start HAVING count(*) <> max(place)"""
