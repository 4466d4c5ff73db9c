"""Flags, fit, scores and backtest of one week, for a million members with three years of history.

    python benchmarks/churn.py                        # as it says, in a temporary folder
    python benchmarks/churn.py --members 100000
    python benchmarks/churn.py --keep /tmp/churn      # leaves the home there

What the flags are computed from (silences, memberships, member weeks) is written straight into a warehouse; then dbt
builds the models of the flags, as a run of one week does: once for a home that knows no fit yet, which fits the weeks
that headlines look back on as well, and once for the week after, which has one fit to make. Prints the seconds of each
model and dbt's peak memory. The figure aimed at, on two cores: the week after in under 20 seconds, within 4 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration import config as configuration
from orchestration import warehouse
from orchestration.home import Home

FIRST_WEEK = date(2023, 1, 2)
WEEK = timedelta(weeks=1)
CONFIG = """\
[community]
name = "A big community"

[[sources]]
name = "forum"
format = "table"
path = "stillhere.toml"
type = "post"
[sources.columns]
member = "member"
at = "at"
"""
MODELS = (
    "int_source_figure_weeks", "int_source_run_weeks", "int_unique_member_rhythms",
    "int_unique_silence_spans", "int_silence_spans", "int_unique_status_spans", "int_status_moves",
    "int_score_weeks", "int_history_spans", "int_churn_weeks", "int_churn_histories", "int_churn_fits",
    "int_scored_histories", "int_churn_scores", "int_probability_flags", "int_backtest_weeks", "report_churn",
    "report_churn_model", "report_churn_calibration", "report_churn_backtest", "member_week_status",
)  # fmt: skip

# Members come over the years, are active in a week with a chance of their own, and lose interest after a while. Every
# account counts in its source and in 'all', as in any community of one source.
TABLES = """
create schema if not exists canonical;

create table dice as
select number, cast(hash(number) % $weeks as integer) as joined, pow(hash(number, 1) % 1000 / 1000.0, 4) * 0.35 as p,
    cast(-ln(1 - hash(number, 2) % 1000 / 1000.0) * 40 as integer) as stays
from range($members) as numbers (number);

create table acts as
select number, date '$first' + cast(7 * week as integer) as week_start
from (select number, joined, p, stays, unnest(range(joined, least($weeks, joined + stays + 1))) as week from dice)
where week = joined or hash(number, week, 3) % 10000 / 10000.0 < p;

create table sources as select unnest(['forum', 'all']) as source;

create table canonical.int_community_members as
select source, 'forum:m' || number as member_id, true as is_same_in_all, cast(null as varchar) as member_name,
    false as is_excluded,
    cast(date '$first' + 7 * joined as timestamp) as joined_at, false as joined_at_is_inferred,
    date '$first' + 7 * joined as joined_date, date '$first' + 7 * joined as joined_week
from dice cross join sources;

create table canonical.int_unique_membership_spans as
select source, member_id, is_same_in_all, true as is_member, joined_week as from_week, date '9999-12-27' as to_week,
    cast(null as timestamp) as left_at
from canonical.int_community_members
where source = 'forum';

create table canonical.int_unique_silences as
select 'forum' as source, 'forum:m' || number as member_id, true as is_same_in_all, week_start as anchor_week,
    true as has_sign_of_life, true as is_active,
    lead(week_start, 1, date '9999-12-27') over (partition by number order by week_start) as to_week
from acts;

create table canonical.int_unique_member_histories as
select source, member_id, is_same_in_all, anchor_week as from_week, to_week,
    cast(anchor_week as timestamp) as last_active_at,
    cast(anchor_week as timestamp) as last_seen_at, 0 as orders_total, cast(0 as decimal(18, 4)) as revenue_total,
    cast(null as varchar) as currency, cast(null as timestamp) as last_ordered_at
from canonical.int_unique_silences;

create table canonical.int_source_starts as
select 'forum' as source, date '$first' as first_week, true as observes_views, true as observes_reactions,
    true as observes_reaction_counts, true as observes_threads, true as observes_members;

-- The learned flag is left out: no week is learned from here.
create table canonical.int_model_weeks as
select 'forum' as source, date '$first' as week_start, false as is_scored, false as is_listed where false;

create table canonical.int_model_backtest as
select 'forum' as source, date '$first' as week_start, 'model' as rule, cast(0 as bigint) as population,
    cast(0 as double) as base_rate, cast(0 as bigint) as tp, cast(0 as bigint) as fp, cast(0 as bigint) as fn,
    cast(0 as bigint) as tn, cast(0 as double) as "precision", cast(0 as double) as recall, cast(0 as double) as f1,
    cast(0 as double) as lift, cast(0 as double) as auc, cast(0 as double) as brier
where false;

drop table dice; drop table acts; drop table sources;
"""


def make(folder: Path, members: int, weeks: int) -> Home:
    """Writes a home whose warehouse holds what the flags are computed from."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stillhere.toml").write_text(CONFIG, encoding="utf-8")
    home = Home(folder / ".stillhere").create()
    with duckdb.connect(str(home.warehouse)) as connection:
        for statement in TABLES.split(";\n"):
            filled = statement.replace("$weeks", str(weeks)).replace("$members", str(members))
            connection.execute(filled.replace("$first", str(FIRST_WEEK)))
        rows = connection.execute("select count(*) from canonical.int_unique_silences").fetchall()[0][0]
    print(f"{members:,} members, {rows:,} active weeks, {home.warehouse.stat().st_size / 2**20:,.0f} MiB", flush=True)
    return home


def run(what: str, home: Home, week: date) -> None:
    """Builds the models for one week, and prints what each took."""
    warehouse.write_control(configuration.load(home.path.parent / "stillhere.toml"), home, [week])
    target = home.dbt / "target"
    started, used = time.monotonic(), _cpu_seconds()
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), "run", "--select", *MODELS, "--project-dir",
            str(warehouse.PROJECT), "--profiles-dir", str(warehouse.PROJECT), "--target-path", str(target),
            "--log-path", str(target),
        ],
        env=warehouse.dbt_environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = time.monotonic() - started
    if done.returncode:
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = {result["unique_id"].split(".")[2]: result["execution_time"] for result in results}
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(
        f"{what}: {sum(seconds.values()):.1f} s of models, {took:.1f} s of dbt, "
        f"{_cpu_seconds() - used:.1f} s of CPU, peak {peak:.2f} GiB",
        flush=True,
    )
    slowest = sorted(seconds.items(), key=lambda item: -item[1])[:10]
    print("    " + ", ".join(f"{name} {its:.1f}" for name, its in slowest), flush=True)


def _cpu_seconds() -> float:
    """What the child processes so far have used: says more than the wall does on a machine that has other work."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Makes the warehouse, runs its last week but one, then its last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--keep", type=Path, help="a new folder to make the home in, and to leave it there")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = make(options.keep or Path(temporary) / "community", options.members, options.weeks)
        last = FIRST_WEEK + (options.weeks - 1) * WEEK
        run("a home without fits", home, last - WEEK)
        run("the week after", home, last)


if __name__ == "__main__":
    main()
