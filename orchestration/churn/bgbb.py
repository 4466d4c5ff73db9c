"""The BG/BB model: who is still there, judged by how often and how lately they were active.

Fader, Hardie and Shang (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual Setting", Marketing Science
29(6). A member who is still there is active in a week with a probability p of their own, and stops for good at the
beginning of a week with a probability theta of their own; p is beta distributed over the members (alpha, beta), theta
too (gamma, delta). All that matters of a member is x, the active weeks after the first one, t_x, the last of them
(0 where there is none), and n, how many weeks there have been since the first one.

A member's likelihood is one term for "still there after n weeks" and a sum of terms for "stopped after s weeks", s from
t_x to n - 1. The terms depend on x and s only, so they are computed once for each such pair, and the sums are
differences of running sums: the number of members, and even of distinct histories, hardly matters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln

MIN_MEMBERS = 100
"""With fewer members nothing is fitted."""

HORIZON_WEEKS = 4

_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.5, 5.0, 0.5, 10.0))
# A parameter that runs there has no maximum of its own: everybody is alike, or nobody ever stops.
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
        parameters: where it lies; None where there are too few members or the search did not converge.
        log_likelihood: its value; None likewise.
        members: on how many members it stands.
        problem: why there is none, in words; None where there is one.
    """

    parameters: Parameters | None
    log_likelihood: float | None
    members: int
    problem: str | None = None


class _Terms:
    """All terms of the likelihood for one set of parameters: a row for each x that occurs, s up to `weeks`."""

    def __init__(self, p: Parameters, x: NDArray, weeks: int):
        self.p, self.of_history = p, x
        steps = np.arange(weeks + 1)
        # Of all numbers of active weeks up to the most, a small community has few.
        levels, self.row = np.unique(x, return_inverse=True)
        self.x, self.s = levels[:, None], steps[None, :]
        self.active = gammaln(p.alpha + self.x)
        self.pause = gammaln(p.beta + steps)
        self.either = gammaln(p.alpha + p.beta + steps)
        self.stay = gammaln(p.delta + steps)
        behind = np.maximum(self.s - self.x, 0)
        self.behind = behind
        stopped = (
            self.active + self.pause[behind] - self.either[None, :] - betaln(p.alpha, p.beta)
            + gammaln(p.gamma + 1) + self.stay[None, :] - gammaln(p.gamma + 1 + p.delta + steps)[None, :]
            - betaln(p.gamma, p.delta)
        )  # fmt: skip
        stopped[self.s < self.x] = -np.inf
        # Rows are scaled, so that a thousand weeks do not vanish.
        self.scale = stopped.max(axis=1)
        self.stopped = np.exp(stopped - self.scale[:, None])

    def sums(self, weights: Floats | None, t_x: NDArray, n: NDArray) -> Floats:
        """Each history's sum over s from t_x to n - 1 of its (weighted) terms, scaled."""
        terms = self.stopped if weights is None else self.stopped * weights
        # From the far end, where the terms are small.
        running = np.zeros((terms.shape[0], terms.shape[1] + 1))
        np.cumsum(terms[:, ::-1], axis=1, out=running[:, 1:])
        width = terms.shape[1]
        return running[self.row, width - t_x] - running[self.row, width - n]

    def alive(self, n: NDArray, weeks_more: int = 0) -> Floats:
        """Each history's log of the term for "still there after n + weeks_more weeks", scaled."""
        p = self.p
        steps = np.arange(self.stay.shape[0] + weeks_more)
        # A table of n and one of x: there are far fewer of either than of histories.
        there = betaln(p.gamma, p.delta + steps) - betaln(p.gamma, p.delta) - betaln(p.alpha, p.beta)
        active = self.active[:, 0] - self.scale
        return active[self.row] + self.pause[n - self.of_history] - self.either[n] + there[n + weeks_more]


def log_likelihood(parameters: Parameters, histories: Histories) -> float:
    """The log-likelihood of all members' histories (equation 5 of the paper, summed)."""
    return _objective(_logs(parameters), histories)[0] * -histories.members.sum()


def fit(histories: Histories) -> Fit:
    """The parameters under which these histories are likeliest.

    The search starts from the same points whatever was fitted before, so that equal histories give equal parameters.
    """
    members = int(histories.members.sum())
    if members < MIN_MEMBERS:
        return Fit(None, None, members, f"too few members: {members} of at least {MIN_MEMBERS}")
    if not histories.x.any() or not (histories.n > 0).any():
        return Fit(None, None, members, "nobody was active in a second week")
    for start in _STARTS:
        found = minimize(
            _objective, np.log(start), args=(histories,), jac=True, method="L-BFGS-B", bounds=[_BOUNDS] * 4,
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )  # fmt: skip
        inside = ((found.x > _BOUNDS[0] + 1e-6) & (found.x < _BOUNDS[1] - 1e-6)).all()
        if np.isfinite(found.fun) and inside and np.abs(found.jac).max() < 1e-4:
            return Fit(Parameters(*np.exp(found.x).tolist()), float(-found.fun * members), members)
    return Fit(None, None, members, "the search for the parameters did not converge")


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
    x, t_x, n = histories.x, histories.t_x, histories.n
    terms = _Terms(parameters, x, int(n.max(initial=0)) + horizon)
    now = np.exp(terms.alive(n)) + terms.sums(None, t_x, n)
    later = np.exp(terms.alive(n + horizon)) + terms.sums(None, t_x, n + horizon)
    p_alive = np.exp(terms.alive(n, weeks_more=1)) / now
    return Scores(np.clip(p_alive, 0.0, 1.0), np.clip(1.0 - later / now, 0.0, 1.0))


def expected_active_weeks(parameters: Parameters, histories: Histories, horizon: int = HORIZON_WEEKS) -> Floats:
    """Expected number of active weeks among the next `horizon` (equation 13 of the paper)."""
    p, x, n = parameters, histories.x, histories.n
    terms = _Terms(p, x, int(n.max(initial=0)))
    now = np.exp(terms.alive(n)) + terms.sums(None, histories.t_x, n)
    active = np.exp(betaln(p.alpha + x + 1, p.beta + n - x) - betaln(p.alpha, p.beta) - terms.scale[terms.row])
    weeks = np.arange(1, horizon + 1)[:, None]
    there = np.exp(betaln(p.gamma, p.delta + n + weeks) - betaln(p.gamma, p.delta)).sum(axis=0)
    return active * there / now


def _logs(parameters: Parameters) -> Floats:
    return np.log([parameters.alpha, parameters.beta, parameters.gamma, parameters.delta])


def _objective(logs: Floats, histories: Histories) -> tuple[float, Floats]:
    """The mean negative log-likelihood over members, and its gradient in the parameters' logarithms."""
    p = Parameters(*np.exp(logs).tolist())
    x, t_x, n, members = histories.x, histories.t_x, histories.n, histories.members
    weeks = int(n.max())
    terms = _Terms(p, x, weeks)
    steps = np.arange(weeks + 1)
    alive = np.exp(terms.alive(n))
    likelihood = alive + terms.sums(None, t_x, n)

    either = digamma(p.alpha + p.beta + steps)
    pause = digamma(p.beta + steps)
    stay = digamma(p.delta + steps)
    stop = digamma(p.gamma + 1 + p.delta + steps)

    def mean(of_alive: Floats, weights: Floats) -> Floats:
        """The derivative's weight, averaged over the terms of each likelihood."""
        return (alive * of_alive + terms.sums(weights, t_x, n)) / likelihood

    mean_either = mean(either[n], either[None, :])
    mean_pause = mean(pause[n - x], pause[terms.behind])
    there = alive / likelihood
    mean_stay = mean(stay[n], stay[None, :])
    mean_stop = mean(digamma(p.gamma + p.delta + steps)[n], stop[None, :])
    again = digamma(p.alpha + np.arange(int(x.max()) + 1))[x]
    gradient = np.stack([
        again - mean_either - digamma(p.alpha) + digamma(p.alpha + p.beta),
        mean_pause - mean_either - digamma(p.beta) + digamma(p.alpha + p.beta),
        there * digamma(p.gamma) + (1 - there) * digamma(p.gamma + 1) - mean_stop
        - digamma(p.gamma) + digamma(p.gamma + p.delta),
        mean_stay - mean_stop - digamma(p.delta) + digamma(p.gamma + p.delta),
    ])  # fmt: skip
    total = members.sum()
    value = -(members * (np.log(likelihood) + terms.scale[terms.row])).sum() / total
    return float(value), -(gradient * members).sum(axis=1) / total * np.exp(logs)
