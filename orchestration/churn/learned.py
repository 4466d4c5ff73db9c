"""The learned flag: how likely a member gives no sign of life in the next four weeks, as the community's past has it.

A regularised logistic regression on what `int_churn_features` tells of a member at the end of a week. Small communities
have some fifty members a week to learn from: counts are taken by their logarithms, everything is put on one scale, and
the weights are held small. It is learned anew for every week, only from weeks whose next four have passed by its end;
nothing is remembered from one run to the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orchestration.churn.tables import table_of, table_of_columns

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
_SCORES = {
    "source": "string", "member_id": "string", "week_start": "date32", "p_silent_4w": "float64",
    "learned_from": "int64",
}  # fmt: skip
_IMPORTANCES = {"source": "string", "week_start": "date32", "feature": "string", "importance": "float64"}
_AS_THEY_ARE = ("active_share", "first_post_answered", "join_is_inferred")
# Inverse of the penalty on the weights, chosen on three public communities (docs/churn.md).
_SLACK = 0.01
_SHUFFLES = 5

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


def scores(features: DuckDBPyRelation, trainings: DuckDBPyRelation) -> pyarrow.Table:
    """Everybody's chance of falling silent, for each week that is to be scored.

    Args:
        features: rows of `int_churn_features`.
        trainings: source, week_start, learned_week: which weeks a week's model learns from.

    Returns:
        source, member_id, week_start, p_silent_4w (six digits) and learned_from, the number of rows that the model had;
        no row for a week of which too little is known to learn from.
    """
    columns: dict[str, list[Any]] = {name: [] for name in _SCORES}
    for community in _communities(features, trainings):
        for week in community.scored:
            model, rows = community.model_of(week)
            here = community.at(week)
            if model is None or here.start == here.stop:
                continue
            chances = model.chances(community.described[here])
            columns["source"] += [community.source] * len(chances)
            columns["member_id"] += community.members[here].tolist()
            columns["week_start"] += [week] * len(chances)
            columns["p_silent_4w"] += np.round(chances, 6).tolist()
            columns["learned_from"] += [rows] * len(chances)
    return table_of_columns(columns, _SCORES)


def importances(features: DuckDBPyRelation, trainings: DuckDBPyRelation, judged: DuckDBPyRelation) -> pyarrow.Table:
    """How much worse the models tell who falls silent when they are told somebody else's value of a feature.

    Args:
        features: rows of `int_churn_features`.
        trainings: source, week_start, learned_week: which weeks a week's model learns from.
        judged: source, week_start, judged_week: the weeks that a week's report judges the models by.

    Returns:
        source, week_start, feature and importance (six digits): the AUC over the judged members, each scored by the
        model of their own week, less the mean AUC with the feature's values exchanged between the members of a week.
        No row where nothing was learned, or where all judged members went one way.
    """
    weeks: dict[tuple[str, Any], list[Any]] = {}
    for source, week, judged_week in judged.project("source, week_start, judged_week").order("all").fetchall():
        weeks.setdefault((source, week), []).append(judged_week)
    rows: list[tuple[Any, ...]] = []
    for community in _communities(features, trainings):
        for (source, week), judged_weeks in weeks.items():
            if source == community.source:
                drops = _drops(community, judged_weeks)
                rows += [(source, week, name, round(drop, 6)) for name, drop in drops.items()]
    return table_of(rows, _IMPORTANCES)


def auc(scores: Floats, is_silent: NDArray[np.bool_]) -> Floats:
    """For each row of scores, the chance that who fell silent has more than who did not; ties count half."""
    from scipy.stats import rankdata

    silent, others = int(is_silent.sum()), int((~is_silent).sum())
    ranks = rankdata(scores, axis=-1)[..., is_silent].sum(axis=-1)
    return (ranks - silent * (silent + 1) / 2) / (silent * others)


def _drops(community: _Community, weeks: list[Any]) -> dict[str, float]:
    """The importance of each feature over some weeks; none where it cannot be told."""
    # Seeded: the same members are exchanged in every run.
    dice = np.random.default_rng(0)
    kept, exchanged, outcomes = [], [], []
    for week in weeks:
        model, _ = community.model_of(week)
        here = np.arange(len(community.weeks))[community.at(week)]
        here = here[community.is_judged[here]]
        if model is None or not len(here):
            continue
        parts = model.parts(community.described[here])
        sums = parts.sum(axis=1) + model.intercept
        orders = np.stack([dice.permutation(len(parts)) for _ in range(_SHUFFLES)])
        kept.append(sums)
        # (feature, shuffle, member): the sum with one feature's part taken from somebody else.
        exchanged.append(sums - parts.T[:, None, :] + parts.T[:, orders])
        outcomes.append(community.is_silent[here])
    is_silent = np.concatenate(outcomes) if outcomes else np.empty(0, dtype=bool)
    if is_silent.all() or not is_silent.any():
        return {}
    drops = auc(np.concatenate(kept), is_silent) - auc(np.concatenate(exchanged, axis=-1), is_silent).mean(axis=-1)
    return dict(zip(FEATURES, drops.tolist(), strict=True))


class _Community:
    """A source's rows, in an order that does not depend on how they came."""

    def __init__(self, source: str, rows: pd.DataFrame, trainings: dict[Any, list[Any]], fits: dict[bytes, Fit | None]):
        rows = rows.sort_values(["week_start", "member_id"], kind="stable")
        self.source, self.scored, self._trainings, self._fits = source, sorted(trainings), trainings, fits
        self.members = rows["member_id"].to_numpy(dtype=object)
        self.weeks = rows["week_start"].to_numpy()
        self.described = describe(rows)
        self.is_silent = rows["is_silent_4w"].to_numpy(dtype=bool)
        self.is_judged = rows["is_judged"].to_numpy(dtype=bool)
        self.is_learned_from = rows["is_learned_from"].to_numpy(dtype=bool)
        self._models: dict[Any, tuple[Fit | None, int]] = {}

    def at(self, week: Any) -> slice:
        """Which rows tell of the end of a week."""
        day = np.datetime64(week)
        return slice(*np.searchsorted(self.weeks, [day, day + 1]).tolist())

    def model_of(self, week: Any) -> tuple[Fit | None, int]:
        """What a week's model learned, and from how many rows."""
        if week not in self._models:
            rows = np.concatenate([np.arange(len(self.weeks))[self.at(past)] for past in self._trainings[week]])
            rows = rows[self.is_learned_from[rows]]
            described, is_silent = self.described[rows], self.is_silent[rows]
            # The whole community often has the same members as its one source: what was learned once is known.
            digest = hashlib.sha256(described.tobytes() + is_silent.tobytes()).digest()
            if digest not in self._fits:
                self._fits[digest] = fit(described, is_silent)
            self._models[week] = (self._fits[digest], len(rows))
        return self._models[week]


def _communities(features: DuckDBPyRelation, trainings: DuckDBPyRelation) -> Iterator[_Community]:
    """Each source's rows, one source at a time."""
    weeks: dict[str, dict[Any, list[Any]]] = {}
    for source, week, learned_week in trainings.project("source, week_start, learned_week").order("all").fetchall():
        weeks.setdefault(source, {}).setdefault(week, []).append(learned_week)
    from threadpoolctl import threadpool_limits

    fits: dict[bytes, Fit | None] = {}
    # Several threads would add up in another order from time to time.
    with threadpool_limits(1):
        for source, its_weeks in weeks.items():
            rows = features.filter(f"source = '{source}'").df()
            rows["week_start"] = rows["week_start"].to_numpy().astype("datetime64[D]")
            yield _Community(source, rows, its_weeks, fits)
