"""The BG/BB model against its paper, against sums that leave nothing out, and against people made to its measure."""

from __future__ import annotations

import csv
import math
from itertools import product

import numpy as np
import pytest
from scipy.special import betaln

from orchestration.churn import bgbb
from orchestration.churn.bgbb import Histories, Parameters
from tests.communities import SHARED_DATA

CASES = [
    Parameters(1.204, 0.750, 0.657, 2.783),
    Parameters(0.3, 4.0, 0.5, 9.0),
    Parameters(2.5, 1.5, 3.0, 2.0),
    Parameters(20.0, 80.0, 0.05, 40.0),
]
# A made community with a model that has two maxima: x, t_x, n, members.
TWO_HILLS = [
    (11, 12, 12, 1), (0, 0, 17, 4), (14, 19, 20, 1), (0, 0, 10, 4), (8, 13, 20, 1), (0, 0, 18, 3), (15, 18, 18, 1),
    (0, 0, 1, 2), (4, 11, 18, 1), (3, 10, 10, 1), (14, 19, 19, 1), (1, 2, 14, 1), (5, 5, 5, 1), (13, 14, 14, 1),
    (1, 5, 8, 1), (2, 8, 19, 1), (0, 0, 8, 1), (1, 9, 9, 1), (11, 17, 17, 1), (10, 19, 19, 1), (2, 5, 19, 2),
    (0, 0, 3, 2), (0, 0, 4, 1), (3, 6, 13, 1), (5, 10, 19, 1), (16, 20, 20, 3), (0, 0, 2, 3), (14, 20, 20, 1),
    (3, 17, 20, 1), (1, 2, 19, 2), (0, 0, 9, 1), (3, 4, 7, 1), (12, 14, 14, 3), (2, 11, 12, 1), (1, 2, 2, 1),
    (3, 3, 20, 1), (0, 0, 13, 2), (0, 0, 20, 4), (8, 19, 19, 1), (15, 18, 20, 1), (5, 13, 18, 1), (11, 14, 14, 1),
    (10, 18, 20, 1), (7, 15, 19, 1), (1, 1, 12, 1), (0, 0, 19, 2), (10, 20, 20, 1), (3, 3, 3, 1), (11, 20, 20, 1),
    (0, 0, 0, 2), (2, 14, 19, 1), (5, 12, 12, 1), (1, 1, 1, 1), (3, 9, 9, 1), (12, 17, 19, 1), (7, 13, 20, 1),
    (1, 1, 2, 3), (6, 16, 20, 1), (17, 20, 20, 1), (7, 12, 20, 1), (2, 4, 13, 1), (1, 1, 11, 1), (1, 7, 8, 1),
    (4, 13, 14, 1), (3, 6, 19, 1), (9, 11, 12, 1), (1, 7, 14, 1), (2, 10, 10, 1), (8, 11, 11, 1), (8, 16, 20, 1),
    (2, 5, 17, 1), (0, 0, 5, 1), (2, 3, 4, 1), (3, 15, 18, 1), (7, 18, 20, 1), (1, 8, 11, 1), (3, 4, 5, 1),
]  # fmt: skip


def one(x: int, t_x: int, n: int) -> Histories:
    return Histories(*(np.array([value]) for value in (x, t_x, n, 1)))


def beta(a: float, b: float) -> float:
    return math.exp(betaln(a, b))


def chance_of(p: Parameters, weeks: tuple[int, ...]) -> tuple[float, float]:
    """The chance of a course of weeks (1 active, 0 not), and that part of it in which the member is still there."""
    n, last, x = len(weeks), max((i + 1 for i, week in enumerate(weeks) if week), default=0), sum(weeks)
    total = 0.0
    for stopped_after in range(last, n):
        stops = beta(p.gamma + 1, p.delta + stopped_after) / beta(p.gamma, p.delta)
        total += stops * beta(p.alpha + x, p.beta + stopped_after - x) / beta(p.alpha, p.beta)
    stays = beta(p.gamma, p.delta + n) / beta(p.gamma, p.delta)
    there = stays * beta(p.alpha + x, p.beta + n - x) / beta(p.alpha, p.beta)
    return total + there, there


def test_the_donors_of_the_paper():
    path = SHARED_DATA / "bgbb_donations.csv"
    if not path.exists():
        pytest.skip(f"no donations: {path} is missing")
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    columns = ("frequency", "recency", "periods", "weights")
    donors = Histories(*(np.array([int(row[name]) for row in rows]) for name in columns))
    fit = bgbb.fit(donors, 100)
    found = fit.parameters
    assert found is not None and fit.members == 11_104
    rounded = [round(value, 3) for value in (found.alpha, found.beta, found.gamma, found.delta)]
    assert rounded == [1.204, 0.750, 0.657, 2.783]
    assert round(fit.log_likelihood, 1) == -33_225.6
    assert bgbb.log_likelihood(found, donors) == pytest.approx(fit.log_likelihood, rel=1e-12)
    # Table 5 of the paper: donors of all six years, and of none of them.
    scores = bgbb.score(found, donors)
    alive = {(x, t_x): chance for x, t_x, chance in zip(donors.x, donors.t_x, scores.p_alive, strict=True)}
    assert (round(alive[6, 6], 2), round(alive[0, 0], 2)) == (0.93, 0.11)


@pytest.mark.parametrize("p", CASES)
@pytest.mark.parametrize("weeks", [(), (1,), (0,), (1, 0), (0, 1), (0, 0, 1, 0, 0), (1, 1, 0, 1), (1, 0, 0, 0, 0, 0)])
def test_scores_are_sums_over_every_course_of_weeks(p: Parameters, weeks: tuple[int, ...]):
    x, t_x = sum(weeks), max((i + 1 for i, week in enumerate(weeks) if week), default=0)
    history = one(x, t_x, len(weeks))
    past = chance_of(p, weeks)[0]
    futures = [(sum(future), chance_of(p, weeks + future)[0]) for future in product((0, 1), repeat=4)]
    assert sum(chance for _, chance in futures) == pytest.approx(past, rel=1e-9)
    scores = bgbb.score(p, history)
    assert bgbb.log_likelihood(p, history) == pytest.approx(math.log(past), rel=1e-9, abs=1e-9)
    active = sum(chance for count, chance in futures if count)
    assert scores.p_active_4w[0] == pytest.approx(active / past, rel=1e-8)
    # Still there in the week after: whatever that week brings.
    there = sum(chance_of(p, (*weeks, week))[1] for week in (0, 1))
    assert scores.p_alive[0] == pytest.approx(there / past, rel=1e-8)


def made(members: int, weeks: int, p: Parameters, seed: int) -> Histories:
    """People who live by the model, for 1 to `weeks` weeks."""
    dice = np.random.default_rng(seed)
    n = dice.integers(1, weeks + 1, members)
    stops, active = dice.beta(p.gamma, p.delta, members), dice.beta(p.alpha, p.beta, members)
    x, t_x = np.zeros(members, int), np.zeros(members, int)
    there = np.ones(members, bool)
    for week in range(1, weeks + 1):
        there &= dice.random(members) >= stops
        acts = there & (week <= n) & (dice.random(members) < active)
        x += acts
        t_x[acts] = week
    kinds, counts = np.unique(np.stack([x, t_x, n]), axis=1, return_counts=True)
    return Histories(*kinds, counts)


@pytest.mark.parametrize(("seed", "p"), enumerate([Parameters(0.6, 3.0, 0.5, 8.0), Parameters(1.5, 6.0, 2.0, 40.0)]))
def test_parameters_are_recovered_within_their_standard_errors(seed: int, p: Parameters):
    people = made(40_000, 60, p, seed)
    fit = bgbb.fit(people, 100)
    assert fit.parameters is not None
    found = bgbb._logs(fit.parameters)
    step, objective = 1e-4, bgbb._Objective(people)
    curvature = np.array([
        (objective(found + step * axis)[1] - objective(found - step * axis)[1]) / (2 * step) for axis in np.eye(4)
    ])  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(curvature * fit.members)))
    assert (np.abs(found - bgbb._logs(p)) < 3 * errors).all(), (fit, errors)
    assert (errors < 0.25).all()


def test_equal_histories_give_equal_parameters_in_any_order():
    people = made(2_000, 40, CASES[1], 7)
    order = np.random.default_rng(0).permutation(len(people.x))
    shuffled = Histories(people.x[order], people.t_x[order], people.n[order], people.members[order])
    one_way, other = bgbb.fit(people, 100).parameters, bgbb.fit(shuffled, 100).parameters
    assert bgbb._logs(one_way) == pytest.approx(bgbb._logs(other), rel=1e-6)


def test_a_thousand_weeks_do_not_vanish():
    scores = bgbb.score(CASES[1], Histories(*(np.array(v) for v in ([500, 1], [1000, 1], [1000, 1000], [1, 1]))))
    assert np.isfinite(scores.p_active_4w).all() and scores.p_active_4w[0] > 0.9 > 0.001 > scores.p_active_4w[1]


@pytest.mark.parametrize(
    ("people", "problem"),
    [
        (Histories(*(np.array(v) for v in ([0, 1], [0, 2], [5, 5], [60, 39]))), "too few members: 99 of at least 100"),
        (Histories(*(np.array(v) for v in ([0], [0], [5], [500]))), "nobody was active in a second week"),
    ],
)
def test_no_fit_says_why(people: Histories, problem: str):
    fit = bgbb.fit(people, 100)
    assert fit.parameters is None and fit.log_likelihood is None
    assert problem in fit.problem


def test_members_who_are_all_alike_have_chances_too():
    """The likelihood grows for ever with two parameters; what follows from them does not."""
    always = Histories(*(np.array(v) for v in ([5], [5], [5], [500])))
    fit = bgbb.fit(always, 100)
    assert fit.problem is None and bgbb.score(fit.parameters, always).p_active_4w[0] == pytest.approx(1, abs=1e-4)
    acts = np.random.default_rng(1).random((400, 40)) < 0.3  # and nobody stops
    last = np.array([np.flatnonzero(row)[-1] + 1 if row.any() else 0 for row in acts])
    people = Histories(acts.sum(axis=1), last, np.full(400, 40), np.ones(400, int))
    fit = bgbb.fit(people, 100)
    assert fit.parameters.delta > 1e3 * fit.parameters.gamma
    scores = bgbb.score(fit.parameters, people)
    assert scores.p_alive.min() > 0.99
    assert scores.p_active_4w == pytest.approx(1 - 0.7**4, abs=0.05)


def test_of_two_maxima_the_higher_one_is_taken():
    """All that stop do so late: the search from the first start ends on a lower hill."""
    x, t_x, n, members = zip(*TWO_HILLS, strict=True)
    people = Histories(*map(np.array, (x, t_x, n, members)))
    fit = bgbb.fit(people, 100)
    lower = Parameters(1.065, 1.523, 0.2, 1.845)
    assert bgbb.log_likelihood(lower, people) == pytest.approx(-647.443, abs=1e-3)
    assert fit.log_likelihood > -647.42


def test_histories_that_cannot_be():
    for x, t_x, n, members in [(2, 1, 5, 1), (1, 6, 5, 1), (0, 1, 5, 1), (1, 0, 5, 1), (0, 0, 5, 0)]:
        with pytest.raises(ValueError, match="expected 0 <= x <= t_x <= n"):
            Histories(*(np.array([value]) for value in (x, t_x, n, members)))
