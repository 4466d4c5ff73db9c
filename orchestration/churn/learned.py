"""The learned flag: how likely a member gives no sign of life in the next four weeks, as the community's past has it.

A regularised logistic regression on what `int_churn_features` tells of a member at the end of a week. Small communities
have some fifty members a week to learn from: counts are taken by their logarithms, everything is put on one scale, and
the weights are held small. It is learned anew for every week, only from weeks whose next four have passed by its end;
nothing is remembered from one run to the next.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orchestration.churn.tables import table_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow
    from duckdb import DuckDBPyRelation

MIN_ROWS = 200
"""With fewer members and weeks to learn from nothing is learned."""

MIN_OF_A_KIND = 20
"""Nor with fewer that fell silent, or that did not."""

NEVER_WEEKS = 60.0
"""What stands for a gap or a time since something, in weeks, where there was none."""

FEATURES = (
    "silence_weeks", "days_since_active", "weeks_since_previous", "previous_gap_weeks", "weeks_since_first",
    "mean_gap_weeks", "silence_in_gaps", "active_weeks", "active_share", "active_weeks_4", "active_weeks_12",
    "active_weeks_26", "active_weeks_52", "active_days_4", "active_days_12", "interactions_1", "interactions_4",
    "interactions_12", "posts_12", "replies_12", "reactions_12", "replies_received_4", "replies_received_12",
    "first_post_answered", "tenure_days", "join_is_inferred", "purchases_52", "weeks_since_purchase",
    "community_trend",
)  # fmt: skip

# Where a feature is null: it never happened, or it would be as usual. Anything else cannot be seen, and is 0.
_WHERE_NULL = {
    "days_since_active": 7 * NEVER_WEEKS, "weeks_since_previous": NEVER_WEEKS, "previous_gap_weeks": NEVER_WEEKS,
    "mean_gap_weeks": NEVER_WEEKS, "weeks_since_purchase": NEVER_WEEKS, "silence_in_gaps": 1.0,
    "first_post_answered": 0.5, "community_trend": 1.0,
}  # fmt: skip
_FITS = {
    "source": "string", "week_start": "date32", "learned_from": "int64", "intercept": "float64",
    "means": "list<float64>", "deviations": "list<float64>", "weights": "list<float64>",
}  # fmt: skip
_SCORES = {
    "source": "string", "member_id": "string", "week_start": "date32", "p_silent_4w": "float64",
    "learned_from": "int64",
}  # fmt: skip
_AS_THEY_ARE = ("active_share", "first_post_answered", "join_is_inferred")
# Inverse of the penalty on the weights, chosen on three public communities (docs/churn.md).
_SLACK = 0.01

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """What was learned: the weight of each feature, on a scale where features have mean 0 and deviation 1."""

    means: Floats
    deviations: Floats
    weights: Floats
    intercept: float

    def chances(self, described: Floats) -> Floats:
        """The chance of no sign of life in the next four weeks, of members as `describe` has them."""
        return 1.0 / (1.0 + np.exp(-(self.parts(described).sum(axis=1) + self.intercept)))

    def parts(self, described: Floats) -> Floats:
        """What each feature adds to a member's log-odds."""
        return (described - self.means) / self.deviations * self.weights


def describe(features: pd.DataFrame) -> Floats:
    """The features as the model takes them: a row a member, a column a feature."""
    columns = []
    for name in FEATURES:
        values = features[name].to_numpy(dtype=float, na_value=np.nan)
        values = np.where(np.isnan(values), _WHERE_NULL.get(name, 0.0), values)
        if name == "community_trend":
            values = np.log(np.clip(values, 0.1, 10.0))
        elif name not in _AS_THEY_ARE:
            values = np.log1p(values)
        columns.append(values)
    return np.column_stack(columns) if columns else np.empty((len(features), 0))


def fit(described: Floats, is_silent: NDArray[np.bool_]) -> Fit | None:
    """Learns from members whose next four weeks are known; None where there are too few, or too few of either kind."""
    silent = int(is_silent.sum())
    if len(described) < MIN_ROWS or min(silent, len(described) - silent) < MIN_OF_A_KIND:
        return None
    from sklearn.linear_model import LogisticRegression

    means, deviations = described.mean(axis=0), described.std(axis=0)
    deviations = np.where(deviations > 1e-12, deviations, 1.0)
    learner = LogisticRegression(C=_SLACK, solver="newton-cholesky", max_iter=100)
    found = learner.fit((described - means) / deviations, is_silent)
    return Fit(means, deviations, found.coef_[0], float(found.intercept_[0]))


def fits(features: DuckDBPyRelation, trainings: DuckDBPyRelation) -> pyarrow.Table:
    """What each week's model learned.

    Args:
        features: rows of `int_churn_features`.
        trainings: source, week_start, learned_week: which weeks a week's model learns from.

    Returns:
        source, week_start, learned_from (how many rows the model had), intercept, and means, deviations and weights in
        the order of FEATURES; no row for a week of which too little is known to learn from.
    """
    from threadpoolctl import threadpool_limits

    weeks: dict[str, dict[Any, list[Any]]] = {}
    for source, week, learned_week in trainings.project("source, week_start, learned_week").order("all").fetchall():
        weeks.setdefault(source, {}).setdefault(week, []).append(learned_week)
    known: dict[tuple[bytes, ...], Fit | None] = {}
    rows: list[tuple[Any, ...]] = []
    # Several threads would add up in another order from time to time.
    with threadpool_limits(1):
        for source, its_weeks in weeks.items():
            community = Members(features, source, "is_learned_from")
            for week, learned_weeks in its_weeks.items():
                # The whole community often has the same members as its one source: what was learned once is known.
                key = tuple(community.digest(past) for past in learned_weeks)
                places = [community.at(past) for past in learned_weeks]
                if key not in known:
                    known[key] = _learned(community, places)
                if (found := known[key]) is not None:
                    learned_from = sum(place.stop - place.start for place in places)
                    shape = (found.means, found.deviations, found.weights)
                    rows.append((source, week, learned_from, found.intercept, *(values.tolist() for values in shape)))
    return table_of(rows, _FITS)


def scores(features: DuckDBPyRelation, fits: DuckDBPyRelation) -> pyarrow.Table:
    """Everybody's chance of falling silent, for each week for which something was learned.

    Args:
        features: rows of `int_churn_features`.
        fits: rows of `int_model_fits`.

    Returns:
        source, member_id, week_start, p_silent_4w (six digits) and learned_from, the number of rows that the model had.
    """
    import pyarrow

    tables = [table_of([], _SCORES)]
    for source, models in fits_by_source(fits).items():
        community = Members(features, source)
        chances = np.full(len(community.described), np.nan)
        learned_from = np.zeros(len(chances), dtype=np.int64)
        for week, (model, rows) in models.items():
            here = community.at(week)
            chances[here] = np.round(model.chances(community.described[here]), 6)
            learned_from[here] = rows
        found = community.keys.append_column("p_silent_4w", [chances]).append_column("learned_from", [learned_from])
        tables.append(found.filter(pyarrow.array(~np.isnan(chances))).cast(tables[0].schema))
    return pyarrow.concat_tables(tables)


def fits_by_source(fits: DuckDBPyRelation) -> dict[str, dict[Any, tuple[Fit, int]]]:
    """Each week's model by source and week, with the number of rows that it learned from."""
    found: dict[str, dict[Any, tuple[Fit, int]]] = {}
    columns = "source, week_start, means, deviations, weights, intercept, learned_from"
    for source, week, *shape, intercept, learned_from in fits.project(columns).order("source, week_start").fetchall():
        model = Fit(*(np.array(values) for values in shape), intercept)
        found.setdefault(source, {})[week] = (model, learned_from)
    return found


class Members:
    """A source's rows of `int_churn_features`, in an order that does not depend on how they came.

    Attributes:
        keys: source, member_id and week_start of each row.
        described: what the model is told of them.
        is_silent: whether no sign of life followed in the next four weeks.
    """

    def __init__(self, features: DuckDBPyRelation, source: str, condition: str = "true"):
        from duckdb import ColumnExpression, ConstantExpression

        numbers = ", ".join(f"cast({name} as double) as {name}" for name in FEATURES)
        its = features.filter(ColumnExpression("source") == ConstantExpression(source)).filter(condition)
        ordered = its.order("week_start, member_id")
        rows = ordered.project(f"source, member_id, week_start, is_silent_4w, {numbers}").to_arrow_table()
        self.keys = rows.select(["source", "member_id", "week_start"])
        self.described = describe(rows.select(FEATURES).to_pandas())
        self.is_silent = rows["is_silent_4w"].to_numpy()
        self._weeks = rows["week_start"].to_numpy().astype("datetime64[D]")
        self._digests: dict[Any, bytes] = {}

    def at(self, week: Any) -> slice:
        """Which rows tell of the end of a week."""
        day = np.datetime64(week)
        return slice(*np.searchsorted(self._weeks, [day, day + 1]).tolist())

    def digest(self, week: Any) -> bytes:
        """What stands for all that is known of a week's members, except who they are."""
        if week not in self._digests:
            here = self.at(week)
            known = self.described[here].tobytes() + self.is_silent[here].tobytes()
            self._digests[week] = hashlib.sha256(known).digest()
        return self._digests[week]


def _learned(community: Members, places: list[slice]) -> Fit | None:
    described = np.concatenate([community.described[place] for place in places])
    return fit(described, np.concatenate([community.is_silent[place] for place in places]))
