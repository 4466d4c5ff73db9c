"""BG/BB fits and scores of weeks, out of the warehouse's relations and back: what the dbt models in Python call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orchestration.churn import bgbb
from orchestration.churn.tables import table_of, table_of_columns

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyRelation

_NUMBERS = ("x", "t_x", "n", "members", "quiet_members")
_FITS = {
    "fit_key": "string", "members": "int64", "alpha": "float64", "beta": "float64", "gamma": "float64",
    "delta": "float64", "log_likelihood": "float64", "problem": "string",
}  # fmt: skip
_SCORES = {
    "source": "string", "week_start": "date32", "x": "int64", "t_x": "int64", "n": "int64", "members": "int64",
    "p_alive": "float64", "p_active_4w": "float64",
}  # fmt: skip


def new_fits(weeks: DuckDBPyRelation, histories: DuckDBPyRelation, known: DuckDBPyRelation | None) -> pyarrow.Table:
    """Fits the model to each week whose histories have no fit yet.

    Args:
        weeks: source, week_start, members, fit_key.
        histories: source, week_start, x, t_x, n, members.
        known: the fits that there are; None where there are none.

    Returns:
        One row a new fit_key: members, alpha, beta, gamma, delta, log_likelihood and problem.
    """
    from threadpoolctl import threadpool_limits

    found = {key for (key,) in known.project("fit_key").fetchall()} if known is not None else set()
    new = [row for row in _keys(weeks) if row[2] not in found]
    rows = []
    # The search is about four numbers: threads that wait for each other took ten times as long as one alone.
    with threadpool_limits(limits=1, user_api="blas"):
        for key, of_week, _ in _by_key(histories, new):
            fit = bgbb.fit(of_week)
            at = fit.parameters
            shape = (at.alpha, at.beta, at.gamma, at.delta) if at else (None,) * 4
            rows.append((key, fit.members, *shape, fit.log_likelihood, fit.problem))
    return table_of(rows, _FITS)


def scores(
    score_weeks: DuckDBPyRelation, weeks: DuckDBPyRelation, histories: DuckDBPyRelation, fits: DuckDBPyRelation
) -> pyarrow.Table:
    """Scores the histories of each week by its fit; those of quiet members only where nobody else's are asked for.

    Args:
        score_weeks: source, week_start, is_scored_whole.
        weeks: source, week_start, fit_key.
        histories: source, week_start, x, t_x, n, members, quiet_members.
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
    whole = {row[:2]: row[2] for row in score_weeks.project("source, week_start, is_scored_whole").fetchall()}
    keys = [row for row in _keys(weeks) if row[2] in shapes]
    whole_keys = {key for source, week, key in keys if whole[source, week]}
    scored: dict[str, dict[str, Any]] = {}
    for key, of_week, is_quiet in _by_key(histories, keys):
        found = of_week if key in whole_keys else of_week.only(is_quiet)
        said = bgbb.score(shapes[key], found)
        scored[key] = {
            "x": found.x, "t_x": found.t_x, "n": found.n, "members": found.members,
            "p_alive": said.p_alive, "p_active_4w": said.p_active_4w,
        }  # fmt: skip
    tables = [table_of([], _SCORES)]
    for source, week, key in keys:
        if key in scored:
            rows = len(scored[key]["x"])
            whose = {"source": [source] * rows, "week_start": [week] * rows}
            tables.append(table_of_columns(whose | scored[key], _SCORES))
    return pyarrow.concat_tables(tables)


def _keys(weeks: DuckDBPyRelation) -> list[tuple[str, date, str]]:
    return weeks.project("source, week_start, fit_key").order("week_start, source").fetchall()


def _by_key(
    histories: DuckDBPyRelation, keys: list[tuple[str, date, str]]
) -> Iterator[tuple[str, bgbb.Histories, NDArray[np.bool_]]]:
    """The histories behind each key, and which of them quiet members have, in one order: equal ones give equal sums.

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
            *history, quiet_members = (np.asarray(found[name][here], dtype=np.int64) for name in _NUMBERS)
            yield key, bgbb.Histories(*history), quiet_members > 0
