"""What a check is, and how its failures are attributed to weeks without ever holding many rows.

A run validates all its weeks in one pass: each check is evaluated once over the rows of all weeks. What fails then has
to be brought home to its weeks, in little memory even if every one of millions of rows fails. Great Expectations offers
`result_format: COMPLETE` for that, which fetches rows, and `unexpected_index_query`, which in 1.24 is no valid SQL for
query assets and a cross join for compound keys. So here every check knows SQL for its own violations:

- A `RowsCheck` is written as that SQL. Folded into one row, it goes to an `UnexpectedRowsExpectation`.
- A `ColumnCheck` is stock expectations, one a column, and as its SQL the opposite of what they demand.

The suite is evaluated as BOOLEAN_ONLY: no row leaves the database. Only for a check that failed is one more query run,
which folds its violations into at most one row a week, with their number and a handful of examples, counted and picked
inside DuckDB (`min(x, 5)` keeps five values a group, never the group).

Inside its SQL a `RowsCheck` finds two tables besides the warehouse's own: `weeks` (week_start), the weeks of this
validation, and `checked`, the report's rows of those weeks. It selects the violations: `week_start`, the columns named
as its key, and `observed`, a few words on what is wrong. A comparison with a null value is no violation: that a value
is missing is said once, by `values_present`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

MAX_SAMPLE_KEYS = 5
MAX_SAMPLE_VALUES = 3

KEY = ("source", "week_start")


def date_list(weeks: Sequence[date]) -> str:
    """The weeks as a list of SQL dates."""
    return ", ".join(f"DATE '{week:%Y-%m-%d}'" for week in weeks)


def batch_query(report: str, weeks: Sequence[date], found: Collection[date | None] | None = None) -> str:
    """The rows of a report that are validated: its weeks, and rows without any week, which count against all.

    Args:
        found: the values of `week_start` from the first week to the last, if they are known; a condition that none of
            them needs is not asked of each of millions of rows.
    """
    first, last = min(weeks), max(weeks)
    no_week = " OR week_start IS NULL" if found is None or None in found else ""
    if sorted(weeks) != [first + timedelta(days=7 * number) for number in range((last - first).days // 7 + 1)]:
        return f"SELECT * FROM reports.{report} WHERE week_start IN ({date_list(weeks)}){no_week}"
    # Of a range, two bounds are compared in each row, and not 100 dates.
    query = f"""SELECT * FROM reports.{report}
        WHERE (week_start BETWEEN {date_list([first])} AND {date_list([last])}{no_week})"""
    if found is None or set(found) - {None, *weeks}:
        query += f"\n            AND coalesce((week_start - {date_list([first])}) % 7 = 0, true)"
    return query


def weeks_query(report: str, weeks: Sequence[date]) -> str:
    """How many rows there are of each `week_start` from the first week to the last, and without one."""
    return f"""SELECT week_start, count(*) AS n FROM reports.{report}
        WHERE week_start BETWEEN {date_list([min(weeks)])} AND {date_list([max(weeks)])} OR week_start IS NULL
        GROUP BY week_start"""


def with_violations(violations: str, batch: str, weeks: Sequence[date]) -> str:
    """The tables a check may read, and its violations as one more."""
    return f"""
        WITH batch AS NOT MATERIALIZED (SELECT * FROM {batch}),
        checked AS NOT MATERIALIZED (SELECT * FROM batch WHERE week_start IS NOT NULL),
        weeks AS (SELECT unnest([{date_list(weeks)}]) AS week_start),
        violations AS ({violations})"""


def any_violation(violations: str, batch: str, weeks: Sequence[date]) -> str:
    """Fold violations into one row, if there are any: how many."""
    return f"""{with_violations(violations, batch, weeks)}
        SELECT count(*) AS violations FROM violations HAVING count(*) > 0"""


def weekly_examples(violations: str, key: Sequence[str], batch: str, weeks: Sequence[date]) -> str:
    """The same with examples: the first keys, and what was observed there."""
    key_text = ", ' ', ".join(f"""'{column}=', "{column}" """ for column in key)
    return f"""{with_violations(violations, batch, weeks)},
        named AS (SELECT week_start, concat({key_text}) AS sample_key, left(observed, 80) AS observed FROM violations)
        SELECT week_start, count(*) AS violations, min(sample_key, {MAX_SAMPLE_KEYS}) AS sample_keys,
               arg_min(observed, sample_key, {MAX_SAMPLE_VALUES}) AS observed
        FROM named GROUP BY week_start"""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One promise about a report, published under its name: names never change their meaning."""

    name: str
    description: str
    expected: str
    severity: str = "critical"
    key: tuple[str, ...] = KEY
    counts_rows: bool = True
    """Whether a violation is a row of the report, so that `3 of 295 rows` makes sense."""

    def labels(self, part: int) -> dict[str, Any]:
        """What an expectation carries to say whose it is: results come back in another order."""
        meta = {"check": self.name, "part": part}
        return {"severity": self.severity, "description": self.description, "meta": meta}

    def expectations(self, weeks: Sequence[date]) -> "list[Expectation]":
        """The Great Expectations objects that decide whether the check holds in all weeks."""
        raise NotImplementedError

    def violations(self, failed: Sequence[int]) -> str:
        """SQL for the violations, given which of `expectations` failed."""
        raise NotImplementedError


def expectation_of_none(check: Check, violations: str, weeks: Sequence[date]) -> "Expectation":
    """The expectation that a check's SQL finds nothing."""
    from expectations.no_violations import ExpectNoViolations

    return ExpectNoViolations(unexpected_rows_query=any_violation(violations, "{batch}", weeks), **check.labels(0))


@dataclass(frozen=True, kw_only=True)
class RowsCheck(Check):
    """A check written as the SQL that finds its violations."""

    sql: str

    def expectations(self, weeks: Sequence[date]) -> "list[Expectation]":
        """One expectation: no week has violations."""
        return [expectation_of_none(self, self.sql, weeks)]

    def violations(self, failed: Sequence[int]) -> str:
        """The SQL of the check itself."""
        return self.sql


@dataclass(frozen=True, kw_only=True)
class ColumnCheck(Check):
    """A stock expectation on each of some columns, or on all of them together."""

    columns: tuple[str, ...]

    def violates(self, column: str) -> str:
        """The SQL condition under which a row fails the expectation."""
        raise NotImplementedError

    def stock(self) -> tuple[str, list[dict[str, Any]]]:
        """The expectation's class and the arguments of each instance."""
        raise NotImplementedError

    def expectations(self, weeks: Sequence[date]) -> "list[Expectation]":
        """One expectation for each set of arguments."""
        import great_expectations.expectations as gxe

        kind, arguments = self.stock()
        return [getattr(gxe, kind)(**each, **self.labels(part)) for part, each in enumerate(arguments)]

    def violations(self, failed: Sequence[int]) -> str:
        """The rows that break the expectation in one of the columns that failed."""
        columns = [self.columns[index] for index in failed]
        shown = ", ".join(
            f"""CASE WHEN {self.violates(c)} THEN concat('{c} ', coalesce(CAST("{c}" AS VARCHAR), 'missing')) END"""
            for c in columns
        )
        condition = " OR ".join(self.violates(column) for column in columns)
        keys = ", ".join(f'"{column}"' for column in dict.fromkeys(("week_start", *self.key)))
        return f"SELECT {keys}, concat_ws(', ', {shown}) AS observed FROM batch WHERE {condition}"


@dataclass(frozen=True, kw_only=True)
class Present(ColumnCheck):
    """Columns that are never null."""

    def violates(self, column: str) -> str:
        """Null."""
        return f'"{column}" IS NULL'

    def stock(self) -> tuple[str, list[dict[str, Any]]]:
        """Not null, column by column."""
        return "ExpectColumnValuesToNotBeNull", [{"column": column} for column in self.columns]


@dataclass(frozen=True, kw_only=True)
class Between(ColumnCheck):
    """Columns whose values, where there are any, lie within bounds."""

    at_least: float
    at_most: float | None = None

    def violates(self, column: str) -> str:
        """Outside the bounds."""
        above = "" if self.at_most is None else f' OR "{column}" > {self.at_most}'
        return f'("{column}" < {self.at_least}{above})'

    def stock(self) -> tuple[str, list[dict[str, Any]]]:
        """Between, column by column."""
        bounds = {"min_value": self.at_least, "max_value": self.at_most}
        return "ExpectColumnValuesToBeBetween", [{"column": column, **bounds} for column in self.columns]


@dataclass(frozen=True, kw_only=True)
class OneOf(ColumnCheck):
    """Columns whose values, where there are any, come from a closed list."""

    values: tuple[str, ...]

    def violates(self, column: str) -> str:
        """Not in the list."""
        return f'"{column}" NOT IN ({", ".join(repr(value) for value in self.values)})'

    def stock(self) -> tuple[str, list[dict[str, Any]]]:
        """In set, column by column."""
        values = list(self.values)
        return "ExpectColumnValuesToBeInSet", [{"column": column, "value_set": values} for column in self.columns]


@dataclass(frozen=True, kw_only=True)
class UniqueKey(ColumnCheck):
    """Columns that identify a row together. Not for keys with nulls: SQL holds those to be all different."""

    def stock(self) -> tuple[str, list[dict[str, Any]]]:
        """Compound uniqueness over all the columns at once."""
        return "ExpectCompoundColumnsToBeUnique", [{"column_list": list(self.columns)}]

    def violations(self, failed: Sequence[int]) -> str:
        """The rows whose key occurs more than once."""
        return repeated_rows(self.columns)


def repeated_rows(key: Sequence[str]) -> str:
    """SQL for keys that occur more than once, each counted as one violation; nulls are equal here."""
    columns = ", ".join(f'"{column}"' for column in key)
    week = "" if "week_start" in key else "min(week_start) AS week_start, "
    return f"""
        SELECT {week}{columns}, concat(count(*), ' rows') AS observed
        FROM checked GROUP BY {columns} HAVING count(*) > 1"""


def key_checks(*columns: str) -> tuple[Check, ...]:
    """The two checks every report with a null-free key has."""
    names = ", ".join(columns)
    return (
        Present(
            name="keys_present",
            description=f"Every row says what it is about: {names} are filled.",
            expected=f"{names} never missing",
            columns=tuple(dict.fromkeys((*columns, "week_start"))),
            key=columns,
        ),
        UniqueKey(
            name="key_unique",
            description=f"There is one row for each {names}, never two.",
            expected=f"one row for each {names}",
            columns=columns,
            key=columns,
            counts_rows=False,
        ),
    )


ROWS_EXIST = RowsCheck(
    name="rows_exist",
    description="The week has rows at all: an empty table passes every other check.",
    expected="at least one row in the week",
    key=("week_start",),
    counts_rows=False,
    sql="SELECT week_start, 'no rows' AS observed FROM weeks ANTI JOIN checked USING (week_start)",
)
