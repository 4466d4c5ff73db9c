"""The churn model between SQL and Python: which weeks are fitted and scored; and no flag knows of later weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import numpy as np
import pytest

import expectations
from orchestration import dbt_runs, warehouse
from orchestration.churn import bgbb, weekly
from tests.computed import computed, pulled

MADE = bgbb.Parameters(0.8, 2.0, 0.6, 4.0)
WEEKS = (date(2026, 1, 5), date(2026, 1, 12))
TABLES = """
create table histories (source text, week_start date, x int, t_x int, n int, members hugeint);
create table weeks (source text, week_start date, members bigint, fit_key text);
"""


def histories(members: int, seed: int = 1) -> list[tuple[int, int, int, int]]:
    """(x, t_x, n, members) of members who act as the model says."""
    dice = Random(seed)
    counted: dict[tuple[int, int, int], int] = {}
    for _ in range(members):
        n, active = dice.randrange(4, 40), [0]
        p, theta = dice.betavariate(MADE.alpha, MADE.beta), dice.betavariate(MADE.gamma, MADE.delta)
        for week in range(1, n + 1):
            if dice.random() < theta:
                break
            if dice.random() < p:
                active.append(week)
        history = (len(active) - 1, active[-1], n)
        counted[history] = counted.get(history, 0) + 1
    return [(*history, count) for history, count in counted.items()]


@pytest.fixture
def relations() -> dict[str, duckdb.DuckDBPyRelation]:
    """Two weeks of two sources: in the first the whole is the forum's, in the second the forum is too small."""
    connection = duckdb.connect()
    connection.execute(TABLES)
    of_weeks = {
        ("forum", 0): histories(400),
        ("all", 0): histories(400),
        ("forum", 1): histories(50),
        ("all", 1): histories(300, 2),
    }
    for (source, number), rows in of_weeks.items():
        # Not in one order: equal histories have to give equal fits.
        for row in rows if source == "all" else reversed(rows):
            connection.execute("insert into histories values (?, ?, ?, ?, ?, ?)", [source, WEEKS[number], *row])
        key = f"{number}" if number == 0 else f"{source} {number}"
        connection.execute(
            "insert into weeks values (?, ?, ?, ?)", [source, WEEKS[number], sum(r[3] for r in rows), key]
        )
    return {name: connection.table(name) for name in ("histories", "weeks")} | {"connection": connection}


def test_each_set_of_histories_is_fitted_once(relations):
    fits = weekly.new_fits(relations["weeks"], relations["histories"], None, 100).to_pylist()
    assert sorted(fit["fit_key"] for fit in fits) == ["0", "all 1", "forum 1"]
    by_key = {fit["fit_key"]: fit for fit in fits}
    assert by_key["0"]["members"] == 400 and by_key["0"]["problem"] is None and by_key["0"]["log_likelihood"] < 0
    assert by_key["forum 1"] == {
        "fit_key": "forum 1", "members": 50, "alpha": None, "beta": None, "gamma": None, "delta": None,
        "log_likelihood": None, "problem": "too few members: 50 of at least 100",
    }  # fmt: skip


def test_what_is_known_is_not_fitted_again(relations):
    known = relations["connection"].sql("select 'all 1' as fit_key union all select '0'")
    fits = weekly.new_fits(relations["weeks"], relations["histories"], known, 100)
    assert fits.column("fit_key").to_pylist() == ["forum 1"]
    everything = relations["connection"].sql("select fit_key from weeks")
    empty = weekly.new_fits(relations["weeks"], relations["histories"], everything, 100)
    assert empty.num_rows == 0 and empty.schema == fits.schema


def test_what_is_asked_for_is_scored_and_nothing_without_a_fit(relations):
    fits = weekly.new_fits(relations["weeks"], relations["histories"], None, 100)
    connection = relations["connection"]
    connection.register("fits", fits)
    asked = relations["histories"].filter(f"source <> 'all' or week_start = '{WEEKS[0]}' or x = 1")
    scores = weekly.scores(asked, relations["weeks"], connection.table("fits"))
    connection.register("scores", scores)
    counted = connection.sql("select source, week_start, count(*) from scores group by all order by all").fetchall()
    whole = len(histories(400))
    of_one = sum(row[0] == 1 for row in histories(300, 2))
    assert counted == [("all", WEEKS[0], whole), ("all", WEEKS[1], of_one), ("forum", WEEKS[0], whole)]
    assert 0 < of_one < len(histories(300, 2))
    # Each score stands with the history that it is of.
    shape = connection.sql("select alpha, beta, gamma, delta from fits where fit_key = 'all 1'").fetchall()[0]
    for x, t_x, n, score in connection.sql(
        f"select x, t_x, n, p_active_4w from scores where source = 'all' and week_start = '{WEEKS[1]}' order by all"
    ).fetchall():
        history = bgbb.Histories(*(np.array([number]) for number in (x, t_x, n, 1)))
        assert bgbb.score(bgbb.Parameters(*shape), history).p_active_4w[0] == pytest.approx(score)
    one, other = (
        connection.sql(
            f"select * exclude source from scores where source = '{source}' and week_start = '{WEEKS[0]}' order by all"
        )
        for source in ("all", "forum")
    )
    assert one.fetchall() == other.fetchall()
    assert connection.sql("select min(p_active_4w) >= 0 and max(p_alive) <= 1 from scores").fetchall() == [(True,)]


def test_each_of_many_sources_and_weeks_is_scored_by_its_own_fit():
    connection = duckdb.connect()
    connection.execute(TABLES)
    connection.execute("set preserve_insertion_order = false")
    connection.execute(
        """
        insert into histories
        select
            'source ' || number % 20, date '2026-01-05' + cast(7 * (number // 20) as integer), x, 9 + x, 20 + x, 1
        from range(20 * 30) as numbers (number), range(1, 9) as active (x)
        """
    )
    connection.execute("insert into weeks select distinct source, week_start, 8, source || week_start from histories")
    fits = (
        "select fit_key, 8e-1 as alpha, 1e0 + row_number() over (order by fit_key) as beta, 6e-1 as gamma, 4e0 as delta"
    )
    connection.execute(f"create table fits as {fits} from weeks")
    weeks, fitted = connection.table("weeks"), connection.table("fits")
    scores = weekly.scores(connection.table("histories"), weeks, fitted)
    assert scores.num_rows == 4800
    connection.register("scores", scores)
    for source, week in (("source 0", "2026-01-05"), ("source 7", "2026-03-02"), ("source 19", "2026-07-27")):
        its = f"source = '{source}' and week_start = '{week}'"
        alone = weekly.scores(connection.table("histories").filter(its), weeks, fitted)
        assert alone.num_rows == 8
        assert connection.sql(f"from scores where {its} order by all").to_arrow_table().equals(alone.sort_by("x"))


def test_a_community_without_anybody_has_typed_tables():
    connection = duckdb.connect()
    connection.execute(TABLES)
    weeks, rows = connection.table("weeks"), connection.table("histories")
    fits = weekly.new_fits(weeks, rows, None, 100)
    connection.register("fits", fits)
    scores = weekly.scores(rows, weeks, connection.table("fits"))
    assert (fits.num_rows, scores.num_rows) == (0, 0)
    assert (
        str(scores.schema.field("p_active_4w").type) == "double"
        and str(scores.schema.field("week_start").type) == "date32[day]"
    )


def test_reports_that_are_run_alone_bring_their_scores_along():
    brought = dbt_runs.with_run_weeks({"report_churn", "int_members"}, expectations.REPORTS)
    assert {"int_members", "report_churn", "int_churn_fits", "int_churn_scores", "int_probability_flags"} <= brought
    # Neither what is the same in every week, nor what the report does not read.
    assert not brought & {"int_interactions", "int_member_weeks", "int_model_scores", "report_churn_backtest"}
    assert dbt_runs.with_run_weeks({"int_members"}, expectations.REPORTS) == {"int_members"}


# --- nothing of later weeks

FIRST, JUDGED = date(2025, 1, 6), date(2025, 9, 1)
REPORTS = (
    "report_churn",
    "member_week_status",
    "report_churn_model",
    "report_churn_calibration",
    "report_churn_backtest",
)
CONFIG = """\
[community]
name = "Made"

[[sources]]
name = "forum"
format = "table"
path = "acts.csv"
type = "post"
[sources.columns]
member = "who"
at = "at"

[thresholds]
probability_below = 0.4
"""


def acts(noise: int) -> str:
    """A CSV of 160 members' acts up to the end of the judged week, and of nothing but noise from there on."""
    dice, lines = Random(5), ["who,at"]
    noon = datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=UTC)
    weeks = (JUDGED - FIRST).days // 7 + 1
    for number in range(160):
        start, active = dice.randrange(weeks - 1), True
        p, theta = dice.betavariate(MADE.alpha, MADE.beta), dice.betavariate(MADE.gamma, MADE.delta)
        for week in range(start, weeks):
            active = active and (week == start or dice.random() >= theta)
            if active and (week == start or dice.random() < p):
                lines.append(f"m{number},{(noon + timedelta(weeks=week, days=dice.randrange(7))).isoformat()}")
    later = Random(noise)
    for _ in range(400):
        at = noon + timedelta(weeks=weeks + later.randrange(6), days=later.randrange(7))
        lines.append(f"m{later.randrange(220)},{at.isoformat()}")
    return "\n".join(lines) + "\n"


def judged(folder: Path, noise: int) -> dict[str, list[tuple]]:
    """What the judged week's reports and scores are."""
    folder.mkdir()
    (folder / "stillhere.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "acts.csv").write_text(acts(noise), encoding="utf-8")
    community = pulled(folder / "stillhere.toml")
    computed(community, [JUDGED], *REPORTS)
    with warehouse.connect(community.home.warehouse, read_only=True) as connection:
        rows = {
            report: connection.execute(
                f"select * from reports.{report} where week_start = $week order by all", {"week": JUDGED}
            ).fetchall()
            for report in REPORTS
        }
        rows["scores"] = connection.execute("select * from canonical.int_churn_scores order by all").fetchall()
        rows["reasons"] = connection.execute(
            "select distinct flagged_by from reports.member_week_status where flagged_by is not null order by 1"
        ).fetchall()
        rows["flags"] = connection.execute("select * from canonical.int_probability_flags order by all").fetchall()
    return rows


def test_noise_after_the_week_changes_no_flag_of_it(tmp_path: Path):
    one, other = judged(tmp_path / "one", 1), judged(tmp_path / "other", 2)
    assert acts(1) != acts(2)
    for name in one:
        assert one[name], f"{name}: nothing to compare"
        assert one[name] == other[name], name
    assert set(REPORTS) <= set(expectations.REPORTS)
    # All three rules are at work, so that none of them is compared in vain.
    reasons = "+".join(reason for (reason,) in one["reasons"])
    assert all(rule in reasons for rule in ("silence", "rhythm", "probability"))


def test_how_many_members_a_fit_takes_is_a_setting_and_may_change(tmp_path: Path):
    config = tmp_path / "stillhere.toml"
    (tmp_path / "acts.csv").write_text(acts(1), encoding="utf-8")
    found = []
    for setting in ("fit_min_members = 1000\n", ""):
        config.write_text(CONFIG + setting, encoding="utf-8")
        community = pulled(config)
        computed(community, [JUDGED], "report_churn_model")
        with warehouse.connect(community.home.warehouse, read_only=True) as connection:
            sql = "select members, problem, alpha > 0 from reports.report_churn_model where source = 'all'"
            found += connection.execute(f"{sql} and week_start = $week", {"week": JUDGED}).fetchall()
    (members, problem, _), fitted = found
    assert problem == f"too few members: {members} of at least 1000" and fitted == (members, None, True)
