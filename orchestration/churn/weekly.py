"""BG/BB fits and scores of weeks, out of the warehouse's relations and back: what the dbt models in Python call."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.churn import bgbb
from orchestration.churn.tables import table_of, table_of_columns

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyRelation

_NUMBERS = ("x", "t_x", "n", "members")
_FITS = {
    "fit_key": "string", "members": "int64", "alpha": "float64", "beta": "float64", "gamma": "float64",
    "delta": "float64", "log_likelihood": "float64", "problem": "string",
}  # fmt: skip
_SCORES = {
    "source": "string", "week_start": "date32", "x": "int64", "t_x": "int64", "n": "int64", "p_alive": "float64",
    "p_active_4w": "float64",
}  # fmt: skip


def new_fits(weeks: DuckDBPyRelation, histories: DuckDBPyRelation, known: DuckDBPyRelation | None) -> pyarrow.Table:
    """Fits the model to each week whose histories have no fit yet.

    Args:
        weeks: source, week_start, members, fit_key.
        histories: source, week_start, x, t_x, n, members; read one week at a time.
        known: the fits that there are; None where there are none.

    Returns:
        One row a new fit_key: members, alpha, beta, gamma, delta, log_likelihood and problem.
    """
    from threadpoolctl import threadpool_limits

    found = {key for (key,) in known.project("fit_key").fetchall()} if known is not None else set()
    rows = []
    # The search is about four numbers: threads that wait for each other took ten times as long as one alone.
    with threadpool_limits(limits=1, user_api="blas"):
        for source, week, key in _keys(weeks):
            if key in found:
                continue
            found.add(key)
            fit = bgbb.fit(_histories(_week(histories, source, week)))
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
        histories: source, week_start, x, t_x, n, members, quiet_members; read one week at a time.
        fits: fit_key, alpha, beta, gamma, delta.

    Returns:
        One row a source, week and history: p_alive and p_active_4w. None of weeks without a fit.
    """
    import pyarrow

    shapes = {
        key: bgbb.Parameters(*shape)
        for key, *shape in fits.project("fit_key, alpha, beta, gamma, delta").fetchall()
        if shape[0] is not None
    }
    whole = {row[:2]: row[2] for row in score_weeks.project("source, week_start, is_scored_whole").fetchall()}
    scored: dict[str, dict[str, Any]] = {}
    tables = [table_of([], _SCORES)]
    for source, week, key in _keys(weeks):
        if key not in shapes:
            continue
        # The whole community is often one source's: the same histories are read and scored once.
        if key not in scored:
            of_week = _week(histories, source, week)
            found = _histories(of_week if whole[source, week] else of_week.filter("quiet_members > 0"))
            said = bgbb.score(shapes[key], found)
            scored[key] = {
                "x": found.x, "t_x": found.t_x, "n": found.n, "p_alive": said.p_alive, "p_active_4w": said.p_active_4w
            }  # fmt: skip
        rows = len(scored[key]["x"])
        whose = {"source": [source] * rows, "week_start": [week] * rows}
        columns = whose | scored[key]
        tables.append(table_of_columns(columns, _SCORES))
    return pyarrow.concat_tables(tables)


def _keys(weeks: DuckDBPyRelation) -> list[tuple[str, date, str]]:
    return weeks.project("source, week_start, fit_key").order("week_start, source").fetchall()


def _week(histories: DuckDBPyRelation, source: str, week: date) -> DuckDBPyRelation:
    from duckdb import ColumnExpression, ConstantExpression

    return histories.filter(
        (ColumnExpression("source") == ConstantExpression(source))
        & (ColumnExpression("week_start") == ConstantExpression(week))
    )


def _histories(rows: DuckDBPyRelation) -> bgbb.Histories:
    """Histories in one order, so that equal ones give equal sums to the last digit."""
    columns = rows.project(", ".join(f"cast({name} as bigint) as {name}" for name in _NUMBERS)).order("x, t_x, n")
    found = columns.fetchnumpy()
    return bgbb.Histories(*(np.asarray(found[name], dtype=np.int64) for name in _NUMBERS))
