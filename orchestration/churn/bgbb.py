"""The BG/BB model: who is still there, judged by how often and how lately they were active.

Fader, Hardie and Shang (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual Setting", Marketing Science
29(6). A member who is still there is active in a week with a probability p of their own, and stops for good at the
beginning of a week with a probability theta of their own; p is beta distributed over the members (alpha, beta), theta
too (gamma, delta). All that matters of a member is x, the active weeks after the first one, t_x, the last of them
(0 where there is none), and n, how many weeks there have been since the first one.

A member's likelihood is one term for "still there after n weeks" and a sum of terms for "stopped after s weeks", s from
t_x to n - 1. The terms depend on x and s only, so they are computed once for each such pair, and the sums are
differences of running sums: a history costs two look-ups in tables and a logarithm. Its derivatives cost nothing more:
how much each term weighs in all likelihoods together is a running sum too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, digamma, gammaln

HORIZON_WEEKS = 4

_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.5, 5.0, 0.5, 10.0))
# Of so many histories a part says nearly where the maximum lies; from there a few steps over all of them are enough.
_HISTORIES_OF_A_PART = 4_000
# Where everybody is alike, or nobody ever stops, two parameters grow for ever: chances at the bound are those at
# infinity to the fourth digit.
_BOUNDS = (np.log(1e-4), np.log(1e5))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """Members grouped by history: arrays of one length.

    Attributes:
        x: active weeks after the first one.
        t_x: weeks from the first active week to the last one.
        n: weeks from the first active week to the week of the judgement.
        members: how many members have this history.

    Raises:
        ValueError: a history cannot be: 0 <= x <= t_x <= n, t_x = 0 only with x = 0, and members > 0 must hold.
    """

    x: NDArray[np.int64]
    t_x: NDArray[np.int64]
    n: NDArray[np.int64]
    members: NDArray[np.int64]

    def __post_init__(self) -> None:
        possible = (self.x >= 0) & (self.x <= self.t_x) & (self.t_x <= self.n) & ((self.t_x == 0) == (self.x == 0))
        if not (possible & (self.members > 0)).all():
            raise ValueError("histories: expected 0 <= x <= t_x <= n, t_x = 0 only where x = 0, and members > 0")

    def only(self, chosen: NDArray) -> Histories:
        """Some of them: by whether each is chosen, or by their places."""
        return Histories(self.x[chosen], self.t_x[chosen], self.n[chosen], self.members[chosen])


@dataclass(frozen=True)
class Parameters:
    """The shape of the two beta distributions: of being active (alpha, beta) and of stopping (gamma, delta)."""

    alpha: float
    beta: float
    gamma: float
    delta: float


@dataclass(frozen=True)
class Fit:
    """A maximum of the likelihood.

    Attributes:
        parameters: where it lies, or the bound it grows to; None where there are too few members, or none was found.
        log_likelihood: its value; None likewise.
        members: on how many members it stands.
        problem: why there is none, in words; None where there is one.
    """

    parameters: Parameters | None
    log_likelihood: float | None
    members: int
    problem: str | None = None


class _Tables:
    """Where histories are looked up: tables a row for each x that occurs, a column for each week up to `weeks`."""

    def __init__(self, histories: Histories, weeks: int):
        # Of all numbers of active weeks up to the most, a small community has few.
        self.x, self.row = np.unique(histories.x, return_inverse=True)
        self.weeks = np.arange(weeks + 1)
        self.behind = np.maximum(self.weeks - self.x[:, None], 0)
        self.can_be = self.weeks >= self.x[:, None]
        self.at_t_x = self.row * (weeks + 1) + histories.t_x
        self.at_n = self.row * (weeks + 1) + histories.n


class _Terms:
    """All terms of the likelihood for one set of parameters, and with them the likelihood of each history.

    Rows are scaled, so that a thousand weeks do not vanish.

    Attributes:
        stopped: the term for "stopped after s weeks", by x and s.
        alive: the term for "still there after n weeks", by x and n.
        scale: the logarithm by which a row is scaled.
        likelihood: of each history, scaled as its row is.
    """

    def __init__(self, p: Parameters, tables: _Tables):
        acts = gammaln(p.alpha + tables.x)[:, None] + gammaln(p.beta + tables.weeks)[tables.behind]
        acts -= gammaln(p.alpha + p.beta + tables.weeks) + betaln(p.alpha, p.beta)
        acts[~tables.can_be] = -np.inf
        stopped = acts + betaln(p.gamma + 1, p.delta + tables.weeks) - betaln(p.gamma, p.delta)
        self.scale = stopped.max(axis=1)
        self.stopped = np.exp(stopped - self.scale[:, None])
        acts -= self.scale[:, None]
        self.alive = np.exp(acts + betaln(p.gamma, p.delta + tables.weeks) - betaln(p.gamma, p.delta))
        # From the far end, where the terms are small.
        sums = np.cumsum(self.stopped[:, ::-1], axis=1)[:, ::-1]
        self.likelihood = sums.take(tables.at_t_x) + (self.alive - sums).take(tables.at_n)


def log_likelihood(parameters: Parameters, histories: Histories) -> float:
    """The log-likelihood of all members' histories (equation 5 of the paper, summed)."""
    return _Objective(histories)(_logs(parameters))[0] * -histories.members.sum()


def fit(histories: Histories, min_members: int) -> Fit:
    """The parameters under which these histories are likeliest.

    The search starts from the same points whatever was fitted before, so that equal histories give equal parameters. Of
    many histories a part is looked through first, every so many of them in the order that they come in. Where the
    likelihood grows for ever, as it does where everybody is alike, the bound of the search stands for infinity.

    Args:
        min_members: with fewer of them nothing is fitted.
    """
    members = int(histories.members.sum())
    if members < min_members:
        return Fit(None, None, members, f"too few members: {members} of at least {min_members}")
    if not histories.x.any() or not (histories.n > 0).any():
        return Fit(None, None, members, "nobody was active in a second week")
    objective, part = _Objective(histories), _part(histories)
    ends = []
    for start in _STARTS:
        found = _search(objective, _search(_Objective(part), np.log(start)).x if part else np.log(start))
        if np.isfinite(found.fun) and _slope(found) < 1e-4:
            ends.append(found)
            # Few histories may have two maxima; of very many the first is the one.
            if part and not np.any(_at_bounds(found)):
                break
    if not ends:
        return Fit(None, None, members, "the search for the parameters did not converge")
    best = min(ends, key=lambda found: found.fun)
    return Fit(Parameters(*np.exp(best.x).tolist()), float(-best.fun * members), members)


def _at_bounds(found: OptimizeResult) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which parameters a search left at their lower bound, and which at their upper one."""
    return found.x <= _BOUNDS[0] + 1e-6, found.x >= _BOUNDS[1] - 1e-6


def _slope(found: OptimizeResult) -> float:
    """How much there is to be gained where a search ended, but for what lies beyond the bounds."""
    low, high = _at_bounds(found)
    beyond = (low & (found.jac > 0)) | (high & (found.jac < 0))
    return float(np.abs(np.where(beyond, 0.0, found.jac)).max())


def _part(histories: Histories) -> Histories | None:
    """Every so many of very many histories; None where they are not many, or where the part could not be fitted."""
    every = len(histories.x) // _HISTORIES_OF_A_PART
    if every < 2:
        return None
    part = histories.only(np.arange(0, len(histories.x), every))
    return part if part.x.any() else None


def _search(objective: _Objective, start: Floats) -> OptimizeResult:
    return minimize(
        objective, start, jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * 4,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
    )  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """What the model says of histories, each in the order of the histories.

    Attributes:
        p_alive: chance of being there in the week after the judgement (equation 7 of the paper).
        p_active_4w: chance of at least one active week in the next four.
    """

    p_alive: Floats
    p_active_4w: Floats


def score(parameters: Parameters, histories: Histories, horizon: int = HORIZON_WEEKS) -> Scores:
    """Scores histories: chances in [0, 1].

    No active week among the next h is the history (x, t_x, n + h), so its chance is a ratio of two likelihoods.
    """
    p, weeks = parameters, int(histories.n.max(initial=0)) + horizon
    tables, later = _Tables(histories, weeks), replace(histories, n=histories.n + horizon)
    terms = _Terms(p, tables)
    now, silent = terms.likelihood, _Terms(p, _Tables(later, weeks)).likelihood
    # Still there after n weeks, and not stopped at the beginning of the next.
    alive = terms.alive.take(tables.at_n) * (p.delta + histories.n) / (p.gamma + p.delta + histories.n)
    return Scores(np.clip(alive / now, 0.0, 1.0), np.clip(1.0 - silent / now, 0.0, 1.0))


def _logs(parameters: Parameters) -> Floats:
    return np.log([parameters.alpha, parameters.beta, parameters.gamma, parameters.delta])


class _Objective:
    """The mean negative log-likelihood over members, and its gradient, in the parameters' logarithms."""

    def __init__(self, histories: Histories):
        self._tables = _Tables(histories, int(histories.n.max()))
        self._shares = histories.members / histories.members.sum()
        self._of_rows = np.bincount(self._tables.row, self._shares)

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        p, tables = Parameters(*np.exp(logs).tolist()), self._tables
        terms = _Terms(p, tables)
        value = -(self._shares @ np.log(terms.likelihood) + self._of_rows @ terms.scale)
        stopped, alive = self._weights(terms)
        by_week, alive_by_week = (stopped + alive).sum(axis=0), alive.sum(axis=0)
        stopped_by_week = stopped.sum(axis=0)
        # How far all likelihoods' logarithms change with each logarithm of a gamma function in the terms.
        either = by_week @ digamma(p.alpha + p.beta + tables.weeks) - digamma(p.alpha + p.beta)
        again = self._of_rows @ digamma(p.alpha + tables.x) - digamma(p.alpha)
        pause = ((stopped + alive) * digamma(p.beta + tables.weeks)[tables.behind]).sum() - digamma(p.beta)
        stay = by_week @ digamma(p.delta + tables.weeks) - digamma(p.delta)
        stop = stopped_by_week.sum() * (digamma(p.gamma + 1) - digamma(p.gamma))
        end = (
            stopped_by_week @ digamma(p.gamma + 1 + p.delta + tables.weeks)
            + alive_by_week @ digamma(p.gamma + p.delta + tables.weeks) - digamma(p.gamma + p.delta)
        )  # fmt: skip
        gradient = np.array([again - either, pause - either, stop - end, stay - end])
        return float(value), -gradient * np.exp(logs)

    def _weights(self, terms: _Terms) -> tuple[Floats, Floats]:
        """What part of all likelihoods each term makes up: those of "stopped" and of "alive", by x and week."""
        shape, cells = terms.stopped.shape, terms.stopped.size
        parts = self._shares / terms.likelihood
        until = np.bincount(self._tables.at_n, parts, cells).reshape(shape)
        since = np.bincount(self._tables.at_t_x, parts, cells).reshape(shape)
        # A term counts for whoever was last active before it, and was still looked at after it.
        return np.cumsum(since - until, axis=1) * terms.stopped, until * terms.alive
