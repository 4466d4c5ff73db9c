"""A made community of five million interactions, 200,000 members and 104 weeks: the backfill, then one more week.

    python benchmarks/big.py                                       # as it says, in a temporary folder
    python benchmarks/big.py --interactions 500000 --members 20000
    python benchmarks/big.py --keep /tmp/big                       # leaves community and home there

Prints for each run wall and processor time, peak memory of all its processes together (resident, sampled), and where
the time went.
The figures aimed at, on two cores: the backfill in under two minutes within 6 GiB, one more week in under 30 seconds.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

STILLHERE = Path(sys.executable).with_name("stillhere")
# A local Monday in UTC; as the last week ends, clocks in Berlin say summer time again.
FIRST_INSTANT = datetime(2024, 8, 4, 22)
FILES = 8

CONFIG = """\
[community]
name = "A big community"
timezone = "Europe/Berlin"

[[sources]]
name = "forum"
format = "table"
path = "exports"
observes = ["views", "reactions", "joins", "threads"]
[sources.columns]
member = "member"
at = "acted_at"
type = "type"
id = "id"
container = "container"
parent = "parent"
thread = "thread"
content_type = "content_type"
[sources.members]
file = "members.parquet"
member = "member"
joined_at = "joined_at"
is_bot = "is_bot"
is_official = "is_official"
"""

# Numbers in [0, 1) that depend on the row and the purpose alone, so that the community is the same every time.
DICE = "create macro dice(row_number, purpose) as cast(hash(row_number, purpose) % 1000003 as double) / 1000003"

# A fifth is there from the start, the others come by and by; most stay for weeks, some for years.
MEMBERS = """
create table members as
select
    number,
    'm' || number as member,
    case when dice(number, 'old') < 0.2 then 0 else dice(number, 'joined') end * $seconds as joined_second,
    -ln(1 - dice(number, 'stay')) * 25 * 7 * 86400 as stays_seconds,
    dice(number, 'bot') < 0.001 as is_bot,
    dice(number, 'official') < 0.001 as is_official
from range($members) as numbers (number)
"""

# A few members make most of the acts; each acts between joining and losing interest.
ACTS = """
create table acts as
with chosen as (
    select
        number,
        cast(floor($members * pow(dice(number, 'who'), 3)) as bigint) as member_number,
        dice(number, 'what') as kind
    from range($interactions) as numbers (number)
),
timed as (
    select
        members.member,
        chosen.number,
        case
            when kind < 0.15 then 'post' when kind < 0.50 then 'reply' when kind < 0.80 then 'reaction'
            when kind < 0.83 then 'share' when kind < 0.85 then 'vote' else 'view'
        end as type,
        joined_second
        + least(stays_seconds, $seconds - joined_second - 1) * pow(dice(chosen.number, 'when'), 1.3) as at_second
    from chosen
    inner join members on chosen.member_number = members.number
)
select
    *,
    timestamp '{first}' + to_seconds(cast(at_second as bigint)) as acted_at,
    sum(case when type = 'post' then 1 else 0 end) over (order by at_second, number) as posts_before
from timed
"""

# What is answered is one of the last few hundred posts, the newest ones most of all.
ROWS = """
create table exported as
with posts as (select number, posts_before as place from acts where type = 'post')
select
    acts.member,
    acts.acted_at,
    acts.type,
    case when acts.type in ('post', 'reply') then 'c' || acts.number end as id,
    'channel-' || cast(floor(20 * dice(acts.number, 'where')) as integer) as container,
    case when acts.type in ('reply', 'reaction', 'share', 'view') then 'c' || posts.number end as parent,
    'c' || case acts.type when 'reply' then posts.number when 'post' then acts.number end as thread,
    case when acts.type in ('post', 'reply')
        then ['text', 'text', 'image', 'link'][1 + cast(floor(4 * dice(acts.number, 'type')) as integer)]
    end as content_type
from acts
left join posts
    on posts.place = greatest(1, acts.posts_before - cast(floor(300 * pow(dice(acts.number, 'on'), 2)) as bigint))
"""


def make(folder: Path, interactions: int, members: int, weeks: int) -> Path:
    """Writes config, member list and acts of all weeks but the last; the last week's file waits beside the exports."""
    exports = folder / "exports"
    exports.mkdir(parents=True)
    (folder / "stillhere.toml").write_text(CONFIG, encoding="utf-8")
    given = {"interactions": interactions, "members": members, "seconds": (weeks + 1) * 7 * 86400}
    last = FIRST_INSTANT + timedelta(weeks=weeks)
    with duckdb.connect() as connection:
        connection.execute(DICE)
        for sql in (MEMBERS, ACTS, ROWS):
            used = {name: value for name, value in given.items() if f"${name}" in sql}
            connection.execute(sql.replace("{first}", str(FIRST_INSTANT)), used)
        listed = (
            f"select member, timestamp '{FIRST_INSTANT}' + to_seconds(cast(joined_second as bigint)) as joined_at,"
            " is_bot, is_official from members"
        )
        # Who joins in the last week stands in the list of the last week: a list that knew them would make a week of it.
        connection.execute(
            f"copy (select * from ({listed}) where joined_at < '{last}') to '{exports / 'members.parquet'}'"
        )
        connection.execute(f"copy ({listed}) to '{folder / 'members-one-more-week.parquet'}'")
        for number in range(FILES):
            connection.execute(
                f"copy (select * from exported where acted_at < '{last}' and hash(member) % {FILES} = {number})"
                f" to '{exports / f'acts-{number}.parquet'}'"
            )
        connection.execute(
            f"copy (select * from exported where acted_at >= '{last}') to '{folder / 'one-more-week.parquet'}'"
        )
    return folder / "stillhere.toml"


def timed(what: str, config: Path, *arguments: str) -> None:
    """Runs `stillhere run` once, and prints what it took and where the time went."""
    log = config.parent / ".stillhere" / "dbt" / "logs" / "dbt.log"
    skipped = log.stat().st_size if log.exists() else 0
    started = time.monotonic()
    process = subprocess.Popen(
        [STILLHERE, "run", "--config", config, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    assert process.stderr
    said = process.stderr.read().strip().splitlines()
    # Of the process and all that it started and waited for: other work on the machine disturbs this little.
    _, status, usage = os.wait4(process.pid, 0)
    took, worked = time.monotonic() - started, usage.ru_utime + usage.ru_stime
    print(
        f"{what:<16} {took:7.1f} s wall {worked:7.1f} s cpu   {peak[0] / 2**30:5.2f} GiB peak"
        f"   exit {os.waitstatus_to_exitcode(status)}   {said[-3:]}",
        flush=True,
    )
    _print_steps(log, skipped)


def _watch(pid: int, peak: list[int]) -> None:
    """Notes the largest resident memory of a process and all its children together (Linux: from /proc)."""
    page = os.sysconf("SC_PAGE_SIZE")
    while Path(f"/proc/{pid}").exists():
        parents, resident = {}, {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                resident[int(folder.name)] = int((folder / "statm").read_text().split()[1]) * page
                parents[int(folder.name)] = parent
            except (OSError, IndexError):
                continue  # it has just ended
        family = {pid}
        while more := {child for child, parent in parents.items() if parent in family and child not in family}:
            family |= more
        peak[0] = max(peak[0], sum(resident.get(member, 0) for member in family))
        time.sleep(0.1)


def _print_steps(log: Path, skipped: int) -> None:
    """The slowest models of each dbt call of a run, from what dbt wrote into its log since."""
    calls: list[list[tuple[float, str]]] = [[]]
    for line in log.read_bytes()[skipped:].decode("utf-8", errors="replace").splitlines():
        if found := re.search(r" model \w+\.(\w+) .*\[OK in ([0-9.]+)s\]", line):
            calls[-1].append((float(found[2]), found[1]))
        elif "Finished running" in line:
            calls.append([])
    for models in filter(None, calls):
        print(f"    dbt {sum(took for took, _ in models):6.1f} s in {len(models)} models: ", end="")
        print(", ".join(f"{name} {took:.1f}" for took, name in sorted(models, reverse=True)[:12]), flush=True)


def main() -> None:
    """Makes the community, runs all its weeks but the last, then the last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interactions", type=int, default=5_000_000)
    parser.add_argument("--members", type=int, default=200_000)
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--keep", type=Path, help="a new folder to make the community in, and to leave it there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary) / "community"
        started = time.monotonic()
        config = make(folder, options.interactions, options.members, options.weeks)
        print(f"made in {time.monotonic() - started:.1f} s", flush=True)
        timed("backfill", config)
        (folder / "one-more-week.parquet").rename(folder / "exports" / "one-more-week.parquet")
        (folder / "members-one-more-week.parquet").rename(folder / "exports" / "members.parquet")
        timed("one more week", config)


if __name__ == "__main__":
    main()
