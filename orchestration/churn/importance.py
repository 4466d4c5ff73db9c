"""What the learned flag goes by: how much worse it gets when it is told somebody else's value of a feature.

A model that tells who falls silent puts whoever does before whoever does not. Looked at are the pairs of one who fell
silent and one who did not, in the same week: what share of them is in the right order, and by how much it falls
when the members of the week exchange their values of a feature. A week's pairs are counted once, and serve every report
that looks back on it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from orchestration.churn.learned import FEATURES, Fit, Floats, Members, fits_by_source
from orchestration.churn.tables import table_of

if TYPE_CHECKING:
    import pyarrow
    from duckdb import DuckDBPyRelation

_IMPORTANCES = {"source": "string", "week_start": "date32", "feature": "string", "importance": "float64"}
_SHUFFLES = 5
# Scores are told apart by so many digits: a sum in another order is no other score.
_DIGITS = 9

Counts = NDArray[np.int64]


def importances(
    features: DuckDBPyRelation, fits: DuckDBPyRelation, judged: DuckDBPyRelation, cuts: DuckDBPyRelation
) -> pyarrow.Table:
    """How much each feature matters to the models, by the weeks that a week's report judges them by.

    Args:
        features: rows of `int_churn_features`.
        fits: rows of `int_model_fits`.
        judged: source, week_start, judged_week: the weeks that a week's report judges the rules by.
        cuts: rows of `int_rule_cuts`: in a week without a cut the model flags nobody, and is not judged.

    Returns:
        source, week_start, feature and importance (six digits): of the pairs of a judged week, the share that is in the
        right order by the model of that week, less the mean share with the feature's values exchanged; over all judged
        weeks. No row where the model was never judged, or where all judged members of each week went one way.
    """
    flagged = set(cuts.filter("rule = 'model'").project("source, week_start").fetchall())
    weeks: dict[str, dict[Any, list[Any]]] = {}
    for source, week, judged_week in judged.project("source, week_start, judged_week").order("all").fetchall():
        if (source, judged_week) in flagged:
            weeks.setdefault(source, {}).setdefault(week, []).append(judged_week)
    rows: list[tuple[Any, ...]] = []
    known: dict[bytes, Counts] = {}
    for source, models in fits_by_source(fits).items():
        losses = _losses(Members(features, source, "is_judged"), models, known)
        for week, judged_weeks in weeks.get(source, {}).items():
            counts = [losses[past] for past in judged_weeks if past in losses]
            *lost, pairs = np.sum(counts, axis=0).tolist() if counts else [0]
            if pairs:
                rows += [
                    (source, week, name, round(loss / pairs, 6)) for name, loss in zip(FEATURES, lost, strict=True)
                ]
    return table_of(rows, _IMPORTANCES)


def auc(scores: Floats, is_silent: NDArray[np.bool_]) -> Floats:
    """For each row of scores, the chance that who fell silent has more than who did not; ties count half."""
    silent = int(is_silent.sum())
    return _right_pairs(scores, is_silent) / (2 * silent * (is_silent.size - silent))


def _right_pairs(scores: Floats, is_silent: NDArray[np.bool_]) -> Counts:
    """For each row of scores, twice the pairs in which who fell silent has more than who did not, and once the ties."""
    steps = np.round(scores * 10**_DIGITS).astype(np.int64)
    found = np.zeros(scores.shape[:-1], dtype=np.int64)
    # Who is who goes along as the last bit; among equals first the ones come first, then the others.
    for bit in (0, 1):
        ordered = np.sort(2 * steps + (is_silent ^ bool(bit)), axis=-1)
        silent = (ordered & 1) != bit
        found += (np.cumsum(~silent, axis=-1) * silent).sum(axis=-1)
    return found


def _losses(community: Members, models: dict[Any, tuple[Fit, int]], known: dict[bytes, Counts]) -> dict[Any, Counts]:
    """By week: how many pairs each feature's exchange costs, and as the last number how many pairs there are."""
    losses = {}
    for week, (model, _) in models.items():
        here = community.at(week)
        if here.start < here.stop:
            # The whole community often has the same members as its one source: what was counted once is known.
            parts, is_silent = model.parts(community.described[here]), community.is_silent[here]
            key = hashlib.sha256(parts.tobytes() + is_silent.tobytes()).digest()
            if key not in known:
                known[key] = _loss(parts, is_silent)
            losses[week] = known[key]
    return losses


def _loss(parts: Floats, is_silent: NDArray[np.bool_]) -> Counts:
    """The pairs that each exchange costs, and all of them; both counted once for each side and each shuffle."""
    # Seeded: the same members are exchanged in every run.
    dice = np.random.default_rng(0)
    orders = np.stack([dice.permutation(len(parts)) for _ in range(_SHUFFLES)])
    sums, by_feature = parts.sum(axis=1), np.ascontiguousarray(parts.T)
    # (feature, shuffle, member): the sum with one feature's part taken from somebody else.
    exchanged = (sums - by_feature)[:, None, :] + by_feature[:, orders]
    lost = _SHUFFLES * _right_pairs(sums, is_silent) - _right_pairs(exchanged, is_silent).sum(axis=-1)
    silent = int(is_silent.sum())
    return np.append(lost, 2 * _SHUFFLES * silent * (is_silent.size - silent))
