"""The sample community: the same bytes every time, well-formed exports, and the stories it is meant to tell.

Everything is measured from the files on disk, not from the generator's own objects.
"""

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from orchestration.sample_community import write
from orchestration.sample_community.names import COUNTRIES

BERLIN = ZoneInfo("Europe/Berlin")
FIRST_DAY = date(2026, 1, 12)
WEEKS = range(1, 41)
HUMAN_SUBTYPES = {None, "thread_broadcast", "me_message", "file_share", "file_comment"}

# Of every path and every byte. A change of the sample made on purpose is the only reason to put a new one here.
DIGEST = "46ee55c0080c2d0984e4badbc6d10185c6f7bd4cad921ed685f5c52e7d0af443"


def digest(folder: Path) -> str:
    """One fingerprint of a folder's paths and contents."""
    total = hashlib.sha256()
    for path in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        total.update(path.encode() + b"\0" + (folder / path).read_bytes() + b"\0")
    return total.hexdigest()


def week_of(instant: datetime) -> int:
    """The week, counted from 1, by Berlin's calendar."""
    return (instant.astimezone(BERLIN).date() - FIRST_DAY).days // 7 + 1


def at(stamp: str) -> datetime:
    """When a row was written, in Berlin's time."""
    return datetime.fromtimestamp(int(stamp.split(".")[0]), BERLIN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("sample")
    assert write(target) == target / "stillhere.toml"
    return target


@pytest.fixture(scope="module")
def slack(folder) -> SimpleNamespace:
    """The Slack export, parsed and counted by week; staff apart, as in the reports."""
    root = folder / "exports" / "slack"
    users = {user["id"]: user for user in json.loads((root / "users.json").read_text("utf-8"))}
    staff = {key for key, user in users.items() if user.get("is_admin") or user.get("is_owner")}
    bots = {key for key, user in users.items() if user["is_bot"]}
    rows = []
    for path in sorted(root.glob("*/2*.json")):
        rows += [row | {"channel": path.parent.name, "file": path.stem} for row in json.loads(path.read_text("utf-8"))]
    human = [
        row for row in rows if row.get("subtype") in HUMAN_SUBTYPES and "bot_id" not in row and row["user"] not in bots
    ]
    joined: dict[str, int] = {}
    for row in rows:
        if row.get("subtype") == "channel_join":
            week = week_of(at(row["ts"]))
            joined[row["user"]] = min(week, joined.get(row["user"], week))
    active = defaultdict(set)
    for row in human:
        active[week_of(at(row["ts"]))].add(row["user"])
    for row in rows:
        for reaction in row.get("reactions", []):
            active[week_of(at(row["ts"]))].update(reaction["users"])
    for week in active:
        active[week] -= staff
    return SimpleNamespace(root=root, users=users, staff=staff, rows=rows, human=human, joined=joined, active=active)


@pytest.fixture(scope="module")
def orders(folder) -> list[dict]:
    with (folder / "exports" / "orders.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def silent_for(slack, week: int, at_least: int, below: int = 99) -> set[str]:
    """Members once active whose last active week lies so many weeks back."""
    last = {}
    for earlier in range(1, week + 1):
        last |= dict.fromkeys(slack.active[earlier], earlier)
    return {member for member, seen in last.items() if at_least <= week - seen < below}


def test_same_bytes_whatever_the_process_the_hash_seed_and_the_zone(folder, tmp_path):
    program = (
        "import sys; from pathlib import Path; from orchestration.sample_community import write; "
        "write(Path(sys.argv[1]))"
    )
    surroundings = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PYTHONUTF8": "0", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, env=surroundings, cwd=Path(__file__).parents[1]
    )
    assert digest(tmp_path) == digest(folder)


def test_its_command_asks_for_a_folder_and_writes_nowhere_else(tmp_path: Path):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "orchestration.sample", *arguments]
        surroundings = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=surroundings)

    told = run("--help")
    assert (told.returncode, "FOLDER" in told.stdout) == (0, True)
    for wrong in ((), ("--folder",), ("a", "b")):
        refused = run(*wrong)
        assert (refused.returncode, refused.stderr.startswith("usage: python -m orchestration.sample")) == (2, True)
    assert list(tmp_path.iterdir()) == []
    assert run("new/folder").stdout == "new/folder/stillhere.toml\n"


def test_same_bytes_as_on_every_other_machine(folder):
    assert digest(folder) == DIGEST


def test_zones_are_those_of_the_zone_database():
    for country in COUNTRIES:
        real = ZoneInfo(country.zone.name)
        for number in range(0, 281 * 24, 5):
            instant = datetime(2026, 1, 11, tzinfo=ZoneInfo("UTC")) + timedelta(hours=number)
            offset = country.zone.offset(int(instant.timestamp()))
            assert instant.astimezone(real).utcoffset() == timedelta(seconds=offset), country.zone.name


def test_config_points_at_what_was_written(folder):
    config = tomllib.loads((folder / "stillhere.toml").read_text("utf-8"))
    assert config["community"] == {
        "name": "Harbour Makers",
        "timezone": "Europe/Berlin",
        "identities": "identities.csv",
    }
    assert [(source["name"], source["format"]) for source in config["sources"]] == [
        ("slack", "slack"),
        ("shop", "orders"),
    ]
    assert all((folder / source["path"]).exists() for source in config["sources"])
    header = (folder / "exports" / "orders.csv").read_text("utf-8").splitlines()[0].split(",")
    assert set(config["sources"][1]["columns"].values()) <= set(header)


def test_size(slack):
    assert 290 <= len(slack.joined) <= 315
    assert 6_000 <= len(slack.human) <= 10_000
    assert len(slack.rows) <= 10_000
    assert len(slack.staff) == 5


def test_stamps_are_exact_strings_and_unique_in_a_channel(slack):
    assert all(re.fullmatch(r"\d{10}\.\d{6}", row["ts"]) for row in slack.rows)
    keys = Counter((row["channel"], row["ts"]) for row in slack.rows)
    assert max(keys.values()) == 1


def test_everything_lies_in_the_forty_weeks_and_no_week_is_empty(slack, orders):
    assert {week_of(at(row["ts"])) for row in slack.rows} == set(WEEKS)
    assert {week_of(at(row["ts"])) for row in slack.human} == set(WEEKS)
    paid = [row for row in orders if row["status"] == "paid"]
    assert {week_of(datetime.fromisoformat(row["ordered_at"])) for row in paid} == set(WEEKS)


def test_every_reply_has_its_thread(slack):
    rows = {(row["channel"], row["ts"]): row for row in slack.rows}
    replies = [row for row in slack.human if row.get("thread_ts", row["ts"]) != row["ts"]]
    assert len(replies) > 3_000
    for reply in replies:
        root = rows[reply["channel"], reply["thread_ts"]]
        assert float(root["ts"]) < float(reply["ts"])
        assert {"user": reply["user"], "ts": reply["ts"]} in root["replies"]
    for root in slack.rows:
        assert root.get("reply_count", 0) == len(root.get("replies", []))


def test_nobody_acts_before_joining_or_after_the_account_was_closed(slack):
    first_join = {}
    for row in slack.rows:
        if row.get("subtype") == "channel_join":
            first_join[row["user"]] = min(row["ts"], first_join.get(row["user"], row["ts"]))
    closed = {key: user["updated"] for key, user in slack.users.items() if user["deleted"]}
    assert 4 <= len(closed) <= 10
    for row in slack.human:
        assert row["ts"] > first_join.get(row["user"], "0")
        assert float(row["ts"]) <= closed.get(row["user"], float("inf"))


def test_system_and_bot_rows_of_a_real_workspace_are_there(slack):
    subtypes = Counter(row.get("subtype") for row in slack.rows)
    expected = (
        "channel_join channel_purpose channel_topic channel_name channel_archive bot_add bot_message reminder_add"
    )
    expected += " welcome_party tombstone thread_broadcast me_message file_share"
    assert set(expected.split()) <= set(subtypes)
    own_voice = [row for row in slack.rows if "bot_id" in row and slack.users.get(row.get("user"), {}).get("is_bot")]
    borrowed = [row for row in slack.rows if "bot_id" in row and row.get("user") in slack.joined]
    assert own_voice
    assert borrowed
    assert (slack.root / "general" / "canvas_in_the_conversation.json").exists()
    assert any(row["file"] != at(row["ts"]).date().isoformat() for row in slack.rows), "cut in the owner's zone"
    unlisted = {row["user"] for row in slack.human} - set(slack.users)
    assert len(unlisted) == 1, "somebody from a partner's workspace"
    never_seen = set(slack.users) - set(slack.joined) - {row.get("user") for row in slack.rows}
    assert len(never_seen) == 4, "guests who never came in"


def test_content_types_reactions_and_blocks(slack):
    types = Counter(file["mimetype"].split("/")[0] for row in slack.human for file in row.get("files", []))
    assert set(types) == {"image", "video", "application"}
    assert sum("from_url" in part for row in slack.human for part in row.get("attachments", [])) > 100
    reactions = [reaction for row in slack.rows for reaction in row.get("reactions", [])]
    assert all(reaction["count"] == len(set(reaction["users"])) > 0 for reaction in reactions)
    assert len({reaction["name"] for reaction in reactions}) > 15
    assert any("::skin-tone-" in reaction["name"] for reaction in reactions)
    assert all(row["blocks"] for row in slack.human)
    assert len({row["text"] for row in slack.human}) > len(slack.human) / 3


def test_names_of_many_scripts_and_of_strangers_with_bad_intent(slack):
    names = [user["profile"]["real_name"] for user in slack.users.values()]
    for script in ("[\u4e00-\u9fff]", "[\u0600-\u06ff]", "[\u0400-\u04ff]", "[äöüß]", "[éèñç]", "(Wayan|Dewi|Sri)"):
        assert any(re.search(script, name) for name in names), script
    for hostile in ("<script>alert(1)</script>", '=HYPERLINK("http://x")', "Robert'); DROP TABLE members;--"):
        assert hostile in names
    zones = {user["tz"] for user in slack.users.values() if "tz" in user}
    assert len(zones) >= 15


def test_weekly_actives_have_a_life_of_their_own(slack):
    actives = [len(slack.active[week]) for week in WEEKS]
    assert all(35 <= active <= 110 for active in actives), actives
    assert max(actives) == max(actives[11:13]), "the launch"
    assert mean(actives[29:33]) < 0.65 * mean(actives[21:24])
    assert mean(actives[33:40]) > 1.4 * mean(actives[29:33])


def test_day_and_night_and_the_week_have_a_shape(slack):
    hours = Counter(at(row["ts"]).hour for row in slack.human)
    days = Counter(at(row["ts"]).isoweekday() for row in slack.human)
    assert sum(hours[hour] for hour in range(18, 23)) > 3 * sum(hours[hour] for hour in range(1, 6))
    assert set(hours) == set(range(24))
    assert max(days.values()) > 1.4 * min(days.values())


def test_the_launch_brings_many_who_mostly_never_write(slack):
    crowd = {member for member, week in slack.joined.items() if week == 12}
    others = [sum(joined == week for joined in slack.joined.values()) for week in range(2, 30) if week != 12]
    assert len(crowd) >= 70 > 5 * max(others)
    wrote = {row["user"] for row in slack.human}
    assert len(crowd - wrote) > 0.55 * len(crowd)
    ever = set().union(*slack.active.values())
    assert len(crowd & ever - wrote) >= 5, "some only ever react"
    only_once = [member for member in crowd & ever if sum(member in slack.active[week] for week in WEEKS) == 1]
    assert len(only_once) >= 15


def test_regulars_are_lost_after_the_change(slack):
    def weeks_active(member: str, first: int, last: int) -> int:
        return sum(member in slack.active[week] for week in range(first, last + 1))

    regulars = {member for member in slack.active[22] | slack.active[23] if weeks_active(member, 12, 23) >= 7}
    lost = {member for member in regulars if weeks_active(member, 31, 34) == 0}
    assert len(lost) >= 18
    assert len(lost) > 0.3 * len(regulars)
    assert len(silent_for(slack, 33, 4, 12)) > 1.4 * len(silent_for(slack, 26, 4, 12)), "at risk rises"
    assert len(silent_for(slack, 40, 12)) > 4 * len(silent_for(slack, 22, 12)), "churned rises"
    change = next(row for row in slack.rows if "free Saturday bench ends" in row.get("text", ""))
    assert week_of(at(change["ts"])) == 24
    assert change["reply_count"] >= 12


def test_the_win_back_brings_members_back_who_had_churned(slack):
    returned = set()
    for week in (34, 35, 36):
        returned |= silent_for(slack, week - 1, 12) & slack.active[week]
    before = set()
    for week in range(28, 34):
        before |= silent_for(slack, week - 1, 12) & slack.active[week]
    assert len(returned) >= 9 > 2 * len(before)
    assert sum(sum(member in slack.active[week] for week in range(36, 41)) >= 3 for member in returned) >= 6


def test_some_threads_are_answered_by_staff_and_some_by_nobody(slack):
    posts = [row for row in slack.human if row.get("thread_ts", row["ts"]) == row["ts"]]
    posts = [row for row in posts if row["user"] not in slack.staff]
    answerers = [{reply["user"] for reply in row.get("replies", [])} - {row["user"]} for row in posts]
    unanswered = sum(not people for people in answerers)
    assert 0.2 < unanswered / len(posts) < 0.5
    assert sum(bool(people & slack.staff) for people in answerers) > 200


def test_helpers_answer_far_more_than_they_ask(slack):
    acts = defaultdict(Counter)
    for row in slack.human:
        acts[row["user"]]["post" if row.get("thread_ts", row["ts"]) == row["ts"] else "reply"] += 1
    helpers = [who for who, did in acts.items() if who not in slack.staff and did["reply"] > max(80, 4 * did["post"])]
    assert len(helpers) >= 5


def test_shop(folder, slack, orders):
    assert 280 <= len(orders) <= 330
    statuses = Counter(row["status"] for row in orders)
    assert statuses["paid"] > 240
    assert statuses["refunded"] >= 10
    assert statuses["cancelled"] >= 5
    assert {row["currency"] for row in orders} == {"EUR"}
    assert all(re.fullmatch(r"\d+\.\d\d", row["amount"]) for row in orders)
    assert {row["ordered_at"][-6:] for row in orders} == {"+01:00", "+02:00"}
    assert len({row["order_id"] for row in orders}) == len(orders)
    instants = [datetime.fromisoformat(row["ordered_at"]) for row in orders]
    assert instants == sorted(instants)
    by_customer = Counter(row["customer_id"] for row in orders)
    assert len(by_customer) == 80
    assert sum(count > 1 for count in by_customer.values()) >= 40

    with (folder / "identities.csv").open(encoding="utf-8", newline="") as lines:
        linked = list(csv.DictReader(lines))
    assert list(linked[0]) == ["person", "source", "native_id"]
    shop = [row["native_id"] for row in linked if row["source"] == "shop"]
    assert len(shop) == len(set(shop)) == 60
    assert set(shop) <= set(by_customer)
    accounts = [row["native_id"] for row in linked if row["source"] == "slack"]
    assert len(accounts) == len(set(accounts)) == 61, "one person has an old and a new account"
    assert set(accounts) <= set(slack.users)
