"""BG/BB fits and scores of weeks, out of the warehouse's relations and back: what the dbt models in Python call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from orchestration.churn import bgbb
from orchestration.churn.tables import table_of

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyRelation

_NUMBERS = ("x", "t_x", "n", "members")
_FITS = {
    "fit_key": "string", "members": "int64", "alpha": "float64", "beta": "float64", "gamma": "float64",
    "delta": "float64", "log_likelihood": "float64", "problem": "string",
}  # fmt: skip
_SCORES = {
    "source": "string", "week_start": "date32", "x": "int64", "t_x": "int64", "n": "int64", "members": "int64",
    "p_alive": "float64", "p_active_4w": "float64",
}  # fmt: skip


def new_fits(
    weeks: DuckDBPyRelation, histories: DuckDBPyRelation, known: DuckDBPyRelation | None, min_members: int
) -> pyarrow.Table:
    """Fits the model to each week whose histories have no fit yet.

    Args:
        weeks: source, week_start, members, fit_key.
        histories: source, week_start, x, t_x, n, members.
        known: the fits that there are; None where there are none.
        min_members: fewer members are not fitted.

    Returns:
        One row a new fit_key: members, alpha, beta, gamma, delta, log_likelihood and problem.
    """
    from threadpoolctl import threadpool_limits

    found = {key for (key,) in known.project("fit_key").fetchall()} if known is not None else set()
    new = [row for row in _keys(weeks) if row[2] not in found]
    rows = []
    # The search is about four numbers: threads that wait for each other took ten times as long as one alone.
    with threadpool_limits(limits=1, user_api="blas"):
        for key, of_week in _by_key(histories, new):
            fit = bgbb.fit(of_week, min_members)
            at = fit.parameters
            shape = (at.alpha, at.beta, at.gamma, at.delta) if at else (None,) * 4
            rows.append((key, fit.members, *shape, fit.log_likelihood, fit.problem))
    return table_of(rows, _FITS)


def scores(histories: DuckDBPyRelation, weeks: DuckDBPyRelation, fits: DuckDBPyRelation) -> pyarrow.Table:
    """Scores the histories of each source and week by its fit.

    Args:
        histories: source, week_start, x, t_x, n, members: those that are asked for.
        weeks: source, week_start, fit_key.
        fits: fit_key, alpha, beta, gamma, delta.

    Returns:
        One row a source, week and history: members, p_alive and p_active_4w. None of weeks without a fit.
    """
    import pyarrow

    shapes = {
        key: bgbb.Parameters(*shape)
        for key, *shape in fits.project("fit_key, alpha, beta, gamma, delta").fetchall()
        if shape[0] is not None
    }
    numbers = ", ".join(f"cast({name} as bigint) as {name}" for name in _NUMBERS)
    ordered = histories.project(f"source, week_start, {numbers}").order("week_start, source, x, t_x, n")
    rows = ordered.to_arrow_table().combine_chunks()
    places = _places(rows)
    tables = [table_of([], _SCORES)]
    for source, week, key in _keys(weeks):
        if key in shapes and (source, week) in places:
            its = rows.slice(*places[source, week])
            of_week = bgbb.Histories(*(its[name].to_numpy() for name in _NUMBERS))
            said = bgbb.score(shapes[key], of_week)
            its = its.append_column("p_alive", pyarrow.array(said.p_alive))
            tables.append(its.append_column("p_active_4w", pyarrow.array(said.p_active_4w)).cast(tables[0].schema))
    return pyarrow.concat_tables(tables)


def _places(rows: pyarrow.Table) -> dict[tuple[str, date], tuple[int, int]]:
    """Where the rows of each source and week begin, and how many they are, in rows ordered by both."""
    sources = rows["source"].combine_chunks().dictionary_encode().indices.to_numpy()
    weeks = rows["week_start"].to_numpy()
    turns = np.flatnonzero((sources[1:] != sources[:-1]) | (weeks[1:] != weeks[:-1])) + 1
    begins = np.concatenate([[0], turns]) if rows.num_rows else turns
    counts = np.diff(begins, append=rows.num_rows)
    whose = rows.select(["source", "week_start"]).take(begins).to_pylist()
    return {
        (its["source"], its["week_start"]): (int(begin), int(count))
        for its, begin, count in zip(whose, begins, counts, strict=True)
    }


def _keys(weeks: DuckDBPyRelation) -> list[tuple[str, date, str]]:
    return weeks.project("source, week_start, fit_key").order("week_start, source").fetchall()


def _by_key(histories: DuckDBPyRelation, keys: list[tuple[str, date, str]]) -> Iterator[tuple[str, bgbb.Histories]]:
    """The histories behind each key, in one order: equal ones give equal sums.

    The whole community is often one source's: what is behind the same key is read once.
    """
    from duckdb import ColumnExpression, ConstantExpression

    wanted: dict[str, dict[date, str]] = {}
    for key, (source, week) in {key: (source, week) for source, week, key in keys}.items():
        wanted.setdefault(source, {})[week] = key
    numbers = ", ".join(f"cast({name} as bigint) as {name}" for name in _NUMBERS)
    for source, weeks in wanted.items():
        rows = histories.filter(ColumnExpression("source") == ConstantExpression(source))
        rows = rows.filter(ColumnExpression("week_start").isin(*map(ConstantExpression, weeks)))
        found = rows.project(f"week_start, {numbers}").order("week_start, x, t_x, n").fetchnumpy()
        days = np.asarray(found["week_start"]).astype("datetime64[D]")
        for week, key in weeks.items():
            here = slice(*np.searchsorted(days, [np.datetime64(week), np.datetime64(week) + 1]).tolist())
            yield key, bgbb.Histories(*(np.asarray(found[name][here], dtype=np.int64) for name in _NUMBERS))
