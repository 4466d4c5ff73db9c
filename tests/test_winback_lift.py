"""The interval that says what a win-back list brought back: its arithmetic, and whether it covers a known truth."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest

from orchestration import warehouse
from orchestration.home import Home

LIST_WEEK = date(2026, 9, 7)
WEEK = timedelta(weeks=1)
SIMULATIONS, LISTED = 500, 1500
BASE_RATE = 0.10


@pytest.fixture(scope="module")
def interval() -> Callable[[int, int, int, int], tuple[float, float]]:
    """The macro `newcombe`, evaluated by the engine."""
    folder = warehouse.PROJECT / "macros"
    text = "".join((folder / name).read_text(encoding="utf-8") for name in ("arithmetic.sql", "winback.sql"))
    macros = jinja2.Environment().from_string(text).module
    low, high = (macros.newcombe("a", "m", "b", "n", sign) for sign in (-1, 1))

    def evaluate(a: int, m: int, b: int, n: int) -> tuple[float, float]:
        return duckdb.execute(
            f"select {low}, {high} from (select $a as a, $m as m, $b as b, $n as n)", {"a": a, "m": m, "b": b, "n": n}
        ).fetchall()[0]

    return evaluate


def newcombe(a: int, m: int, b: int, n: int) -> tuple[float, float]:
    """Method 10 of Newcombe (1998), Interval estimation for the difference between independent proportions."""
    z = 1.959963984540054

    def wilson(successes: int, trials: int) -> tuple[float, float]:
        p = successes / trials
        middle, half = p + z * z / (2 * trials), z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials**2))
        return (middle - half) / (1 + z * z / trials), (middle + half) / (1 + z * z / trials)

    (l1, u1), (l2, u2) = wilson(a, m), wilson(b, n)
    p1, p2 = a / m, b / n
    return p1 - p2 - math.hypot(p1 - l1, u2 - p2), p1 - p2 + math.hypot(u1 - p1, p2 - l2)


# From table II of that paper: both groups, and the interval of method 10 to four digits.
@pytest.mark.parametrize(
    ("groups", "published"),
    [
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
    ],
)
def test_the_interval_is_newcombes(interval, groups, published):
    assert interval(*groups) == pytest.approx(published, abs=6e-5)
    assert newcombe(*groups) == pytest.approx(published, abs=6e-5)


def test_the_interval_agrees_with_plain_arithmetic(interval):
    chance = np.random.default_rng(11)
    for _ in range(300):
        m, n = (int(size) for size in chance.integers(1, 3000, 2))
        a, b = int(chance.integers(0, m + 1)), int(chance.integers(0, n + 1))
        assert interval(a, m, b, n) == pytest.approx(newcombe(a, m, b, n), abs=1e-12), (a, m, b, n)


def test_without_a_group_there_is_no_interval(interval):
    assert interval(0, 0, 3, 10) == (None, None)
    assert interval(3, 10, 0, 0) == (None, None)


def held_out(member_id: str) -> bool:
    """One in ten, as the list draws them."""
    return int(hashlib.md5(f"simulation|{member_id}|159".encode()).hexdigest()[:8], 16) / 2**32 < 0.1


def simulated(seed: int, effect: float) -> pa.Table:
    """Lists of which those who are contacted come back more often by `effect`; one source a simulation."""
    chance = np.random.default_rng(seed)
    size = SIMULATIONS * LISTED
    ids = [f"s{number // LISTED:03}:{seed}-{number}" for number in range(size)]
    is_holdout = np.array([held_out(member_id) for member_id in ids])
    # Some are not turned to though they were to be: they are in neither group.
    is_contacted = ~is_holdout & (chance.random(size) < 0.9)
    comes_back = chance.random(size) < BASE_RATE + effect * is_contacted
    weeks_later = np.where(comes_back, chance.integers(1, 5, size), chance.integers(5, 400, size))
    return pa.table(
        {
            "source": [member_id[:4] for member_id in ids],
            "member_id": ids,
            "is_holdout": is_holdout,
            "is_contacted": is_contacted,
            "weeks_later": weeks_later,
        }
    )


def lift_of(home: Home, members: pa.Table) -> list[tuple]:
    """Each simulation's row of report_winback_lift, by the model itself on these members."""
    with warehouse.connect(home.warehouse) as connection:
        connection.register("members", members)
        connection.execute(f"""
            create schema if not exists control; create schema if not exists canonical;
            create or replace table control.settings as
                select 4 as reactivated_within_weeks, 100 as lift_min_members;
            create or replace table control.sources as select 'log' as source, 'outreach' as format;
            create or replace table control.run_weeks as select date '{LIST_WEEK + 4 * WEEK}' as week_start;
            create or replace table canonical.winback_plays as select 'poll' as play;
            create or replace table canonical.int_source_starts as
                select distinct source, date '2026-01-05' as first_week from members;
            create or replace table canonical.int_source_run_weeks as
                select source, week_start from canonical.int_source_starts cross join control.run_weeks;
            create or replace table canonical.int_participants as
                select source, member_id, member_id as account_id from members;
            create or replace table canonical.int_contacts as
                select member_id, date '{LIST_WEEK + WEEK}' as week_start from members where is_contacted;
            create or replace table canonical.int_winback_entries as
                select source, member_id, date '{LIST_WEEK}' as week_start, 'poll' as play, is_holdout,
                    false as is_do_not_contact,
                    date '{LIST_WEEK}' + cast(7 * weeks_later as integer) as next_sign_week from members;
        """)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("dbt"), "run", "--select", "report_winback_lift", "--project-dir",
            warehouse.PROJECT, "--profiles-dir", warehouse.PROJECT, "--target-path", home.dbt / "target", "--log-path",
            home.dbt,
        ],
        env=warehouse.dbt_environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        return connection.execute(
            "select low, high, verdict, contacted, holdout from reports.report_winback_lift"
            " where play = 'all' and lists = 12 order by source"
        ).fetchall()


@pytest.mark.parametrize(("seed", "effect"), [(1, 0.08), (2, 0.0)])
def test_the_interval_covers_a_known_effect_at_its_nominal_rate(seed, effect, tmp_path_factory):
    home = Home(tmp_path_factory.getbasetemp() / "lift").create()
    rows = lift_of(home, simulated(seed, effect))
    assert len(rows) == SIMULATIONS
    assert {row[3] + row[4] < LISTED for row in rows} == {True}
    covered = sum(low <= effect <= high for low, high, *_ in rows) / len(rows)
    # 95 %, within four standard deviations of 500 draws.
    assert 0.911 <= covered <= 0.989, covered
    said = [verdict for _, _, verdict, _, _ in rows if verdict != "not_enough_members"]
    assert len(said) > 400  # a tenth of 1,500 is 150 held out, but for chance
    found = sum(verdict == "effect" for verdict in said) / len(said)
    assert (found > 0.6) if effect else (found < 0.06), found
