"""Pulling: only what is new is read, nothing is lost or read twice, and a killed pull leaves no trace."""

import errno
import shutil
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import duckdb
import pytest

from orchestration import config
from orchestration.errors import BuildError, ExportsError, HomeError
from orchestration.exports import lake, unreadable
from orchestration.exports.pull import pull
from orchestration.weeks import Calendar
from tests.exports_in.inbox import SLACK, Inbox
from tests.exports_in.slack_export import MONDAY, files, message, put_all, ts, user, write_zip

TABLE = """
[[sources]]
name = "group"
format = "table"
path = "{path}"
type = "{type}"
[sources.columns]
member = "who"
at = "at"
"""


def table(path="exports/*.csv", kind="post"):
    return TABLE.format(path=path, type=kind)


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community")


def test_the_same_export_again_changes_no_file_and_says_so(inbox):
    put_all(inbox, files() | {"general/2024-01-02.json": "broken", "general/2024-01-03.json": [{}]})
    assert inbox.pull().sentence() == "slack: 3 rows from 3 new or changed files, 2 quarantined (see quarantine/slack)"
    before = inbox.footprint()
    again = inbox.pull()
    assert inbox.footprint() == before
    assert not again.changed
    assert (again.count("known"), again.count("unused"), again.total("rows_read")) == (4, 1, 0)
    assert again.sentence() == "slack: nothing new (4 known files)"


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_cannot_be_read_is_told_as_long_as_it_is_there(inbox, times: int):
    """Not only by the pull that met it first: whoever reads the last run's log learns of it."""
    broken = {f"general/2024-01-0{day}.json": "broken" for day in range(2, 7)}
    put_all(inbox, files() | broken)
    for _ in range(times):
        assert inbox.pull().warning()
    warning = inbox.pull().warning()
    assert warning.startswith("slack: cannot be read: general/2024-01-02.json: ")
    assert warning.count("general/") == 3
    assert warning.endswith("; and 2 more (see quarantine/slack)")
    put_all(inbox, dict.fromkeys(broken, []))
    assert inbox.pull().warning() is None


def test_what_cannot_be_read_of_an_unchanged_archive_is_told_too(inbox):
    inbox.configure(SLACK.replace('"exports"', '"exports/slack-*.zip"'))
    write_zip(inbox.exports / "slack-1.zip", {**files(), "general/2024-01-02.json": "broken"})
    assert "general/2024-01-02.json: " in inbox.pull().warning()
    assert (
        inbox.pull().warning() == "slack: cannot be read: exports/slack-1.zip: 1 file(s) in it (see quarantine/slack)"
    )


@pytest.mark.parametrize(
    ("error", "kind", "todo"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), HomeError, "Make room"),
        (PermissionError(errno.EACCES, "Permission denied", "x.json"), HomeError, "see to the rights"),
        (duckdb.IOException("IO Error: Could not write file: No space left on device"), HomeError, "Make room"),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"), HomeError, "more memory"),
        (OSError(errno.EIO, "Input/output error", "x.json"), BuildError, "Mend what is said"),
    ],
)
def test_what_stops_a_pull_is_told_by_what_it_is(inbox, monkeypatch, error, kind, todo):
    """Room helps where room is missing. Nothing of the pull is kept, and the next one reads all of it."""
    put_all(inbox, files())
    with monkeypatch.context() as broken:
        broken.setattr(lake.Incoming, "commit", Mock(side_effect=error))
        with pytest.raises(kind, match=todo) as stopped:
            inbox.pull()
    assert stopped.value.message.startswith(f"slack: stopped: {str(error).splitlines()[0]}. Nothing of this pull was")
    assert stopped.value.exit_code == 1
    assert inbox.pull().sentence() == "slack: 3 rows from 2 new or changed files"


def test_a_file_that_takes_more_memory_than_there_is_holds_up_no_other(inbox):
    """What is read of a message takes many times its size: one of 30 MB is more than a pull may use."""
    long = [message(text="x" * 30_000_000)]
    put_all(inbox, files() | {"general/2024-01-02.json": long, "general/2024-01-03.json": [message()]})
    result = inbox.pull()
    assert result.sentence() == "slack: 4 rows from 3 new or changed files, 1 quarantined (see quarantine/slack)"
    ((name, reason),) = {(entry["file"], entry["reason"]) for entry in inbox.quarantine()}
    assert name == "general/2024-01-02.json"
    assert reason == "an entry of it is too large to be read with 768MB of memory"


def test_only_new_and_changed_files_are_read_again(inbox):
    put_all(inbox, files(message()))
    inbox.pull()
    old_parts = set(inbox.parts())
    inbox.put("general/2024-01-01.json", [message(), message(ts(MONDAY, 200))])
    inbox.put("general/2024-01-08.json", [message(ts(MONDAY + timedelta(days=7)))])
    result = inbox.pull()
    assert {(a.file, a.rows_read) for a in result.accounts if a.outcome == "loaded"} == {
        ("general/2024-01-01.json", 2),
        ("general/2024-01-08.json", 1),
    }
    assert old_parts < set(inbox.parts()), "what was loaded is never rewritten"
    assert inbox.rows("slack_messages", "count(*), count(distinct ts)", "") == [(4, 3)]
    assert inbox.rows("slack_users", "count(*)", "") == [2]


def test_a_file_that_goes_back_to_what_it_was_is_read_again(inbox):
    """The newest reading has to be the newest state."""
    for name in ("Ann", "Anna", "Ann"):
        inbox.put("users.json", [user("U1", name)])
        assert inbox.pull().changed
    assert inbox.rows("slack_users", "user_name", "order by _loaded_at") == ["Ann", "Anna", "Ann"]


def test_weekly_zips_are_read_once_each_and_share_what_they_share(inbox):
    inbox.configure(SLACK.replace('"exports"', '"exports/slack-*.zip"'))
    week = [MONDAY + timedelta(days=7 * n) for n in range(3)]
    days = {f"general/{day:%Y-%m-%d}.json": [message(ts(day))] for day in week}
    names = list(days)
    write_zip(inbox.exports / "slack-1.zip", {"users.json": [user("U1")], names[0]: days[names[0]]})
    write_zip(inbox.exports / "slack-2.zip", {"users.json": [user("U1"), user("U2")]} | {n: days[n] for n in names[:2]})
    first = inbox.pull()
    assert {(a.export, a.file): a.outcome for a in first.accounts} == {
        ("exports/slack-1.zip", "users.json"): "loaded",
        ("exports/slack-1.zip", names[0]): "loaded",
        ("exports/slack-2.zip", "users.json"): "loaded",
        ("exports/slack-2.zip", names[0]): "known",
        ("exports/slack-2.zip", names[1]): "loaded",
    }
    write_zip(inbox.exports / "slack-3.zip", {"users.json": [user("U1"), user("U2")]} | days)
    shutil.copy(inbox.exports / "slack-3.zip", inbox.exports / "slack-3 (1).zip")
    second = inbox.pull()
    assert [(a.file, a.export) for a in second.accounts if a.outcome == "loaded"] == [
        (names[2], "exports/slack-3 (1).zip")
    ]
    assert inbox.rows("slack_messages", "_file") == names
    assert not inbox.pull().changed


def test_exports_in_folders_beside_each_other_are_a_no_op_the_second_time(inbox):
    """Their users.json differ: neither may be taken for a change of the other."""
    inbox.configure(SLACK.replace('"exports"', '"exports/*"'))
    put_all(inbox, files() | {"users.json": [user("U1")]}, "one/")
    put_all(inbox, files() | {"users.json": [user("U1"), user("U2")]}, "two/")
    inbox.pull()
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_files_of_one_name_in_different_folders_are_different_files(inbox):
    inbox.configure(table("exports/*/*.csv"))
    inbox.put("a/log.csv", "who,at\nann,2024-01-01\n")
    inbox.put("b/log.csv", "who,at\nben,2024-01-02\n")
    inbox.put("c/log.csv", "who,at\nann,2024-01-01\n")
    inbox.pull()
    assert inbox.rows("table_events", "_file, member") == [
        ("exports/a/log.csv", "ann"),
        ("exports/b/log.csv", "ben"),
        ("exports/c/log.csv", "ann"),
    ]
    assert not inbox.pull().changed


def test_the_lake_is_laid_down_by_local_week(tmp_path):
    inbox = Inbox(tmp_path, SLACK, timezone="America/New_York", week_start_day="sunday")
    stamps = [
        "2024-01-07T04:59:59",
        "2024-01-07T05:00:00",
        "2024-03-10T04:59:59",
        "2024-03-17T03:59:59",
        "2024-03-17T04:00:00",
    ]
    put_all(inbox, files(*[message(ts(datetime.fromisoformat(stamp).replace(tzinfo=UTC))) for stamp in stamps]))
    inbox.pull()
    parts = inbox.parts("slack_messages")
    assert [part.parent.name for part in parts] == [
        "week=2023-12-31",
        "week=2024-01-07",
        "week=2024-03-03",
        "week=2024-03-10",
        "week=2024-03-17",
    ]
    assert all(part.relative_to(inbox.home.lake).parts[:2] == ("slack", "slack_messages") for part in parts)
    assert list(inbox.described("slack_messages"))[:6] == ["_source", "_export", "_file", "_row", "_loaded_at", "_at"]


@pytest.mark.parametrize(
    ("zone", "first_day", "around"),
    [
        # Its weeks end a quarter past the hour.
        ("Asia/Kathmandu", "monday", "2024-01-07T18:15"),
        # The week ends at half past an hour, and two hours later clocks go on by half an hour, within one.
        ("Australia/Lord_Howe", "sunday", "2024-10-05T15:30"),
        # Midnight comes twice, and midnight does not exist.
        ("America/Havana", "sunday", "2024-11-03T04:00"),
        ("America/Sao_Paulo", "sunday", "2017-10-15T03:00"),
        ("Europe/Berlin", "monday", "2024-03-31T22:00"),
    ],
)
def test_every_row_lies_in_its_own_local_week_whatever_the_clocks_do(tmp_path, zone, first_day, around):
    """Weeks are looked up by the hour: an hour that belongs to two weeks must not give all of its rows to one."""
    inbox = Inbox(tmp_path, table(), timezone=zone, week_start_day=first_day)
    calendar, middle = Calendar(zone, first_day), datetime.fromisoformat(around).replace(tzinfo=UTC)
    stamps = [middle + timedelta(minutes=5 * step) for step in range(-60, 61)]
    inbox.put("group.csv", "who,at\n" + "".join(f"ann,{stamp:%Y-%m-%dT%H:%M:%SZ}\n" for stamp in stamps))
    inbox.pull()
    laid = [
        (part.parent.name.removeprefix("week="), at)
        for part in inbox.parts("table_events")
        for (at,) in duckdb.read_parquet(str(part)).select("_at").fetchall()
    ]
    weeks = [str(calendar.week_of(calendar.local_date(stamp))) for stamp in stamps]
    assert len(set(weeks)) == 2
    assert sorted(laid, key=lambda row: row[1]) == [
        (week, stamp.replace(tzinfo=None)) for week, stamp in zip(weeks, stamps, strict=True)
    ]


def test_rows_without_an_instant_lie_in_the_week_of_the_exports_newest_one(inbox):
    day = MONDAY + timedelta(days=21)
    put_all(inbox, files(message(), message(ts(day))))
    inbox.pull()
    assert inbox.weeks("slack_users") == ["2024-01-22"]
    # The newest instant may be in a file that was known already.
    inbox.put("users.json", [user("U3")])
    inbox.pull()
    assert inbox.weeks("slack_users") == ["2024-01-22"]
    assert inbox.rows("slack_users", "_at") == [None, None, None]


def test_without_any_instant_they_lie_in_the_week_of_the_pull(inbox):
    inbox.put("users.json", [user()])
    loaded_at = inbox.pull().accounts[0].loaded_at.date()
    assert inbox.weeks("slack_users") == [str(loaded_at - timedelta(days=loaded_at.weekday()))]


def test_the_account_of_an_export_says_what_it_spans(inbox):
    put_all(inbox, files(message(), message(ts(MONDAY + timedelta(days=1)))) | {"general/2024-01-02.json": "["})
    inbox.pull()
    (export,) = lake.Ledger(inbox.home, "slack").exports()
    assert (export.files, export.unreadable_files, export.has_member_list) == (3, 1, True)
    assert (export.first_at, export.last_at) == (
        datetime(2024, 1, 1, 12, 0, 0, 100),
        datetime(2024, 1, 2, 12, 0, 0, 100),
    )
    account = inbox.account("general/2024-01-01.json")
    assert (account.first_at, account.last_at) == (export.first_at, export.last_at)
    assert account.bytes == (inbox.exports / "general" / "2024-01-01.json").stat().st_size
    # The file known by now still counts for the next account, and so does that it was unreadable.
    inbox.put("users.json", [])
    inbox.pull()
    newest = lake.Ledger(inbox.home, "slack").exports()[-1]
    assert (newest.first_at, newest.last_at, newest.unreadable_files) == (export.first_at, export.last_at, 1)


def test_a_changed_mapping_reads_everything_anew(inbox):
    inbox.configure(table())
    inbox.put("a.csv", "who,at\nann,2024-01-01\n,2024-01-01\n")
    inbox.pull()
    inbox.put("b.csv", "who,at\nben,2024-01-02\n")
    inbox.pull()
    inbox.configure(table(kind="reply"))
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (2, 1)
    assert inbox.rows("table_events", "member, type") == [("ann", "reply"), ("ben", "reply")]
    assert {account.pull_id for account in inbox.accounts()} == {result.accounts[0].pull_id}
    assert not inbox.pull().changed


@pytest.mark.parametrize("loss", ["gone", "different"])
def test_a_changed_mapping_is_refused_where_rows_could_not_be_read_again(inbox, loss):
    inbox.configure(table())
    inbox.put("a.csv", "who,at\nann,2024-01-01\n")
    path = inbox.put("b.csv", "who,at\nben,2024-01-02\n")
    inbox.pull()
    before = inbox.footprint()
    path.unlink() if loss == "gone" else path.write_text("who,at\n")
    inbox.configure(table(kind="reply"))
    with pytest.raises(ExportsError) as raised:
        inbox.pull()
    assert "sources.group: the way its files are read was changed, but 1 file(s) loaded before" in raised.value.message
    assert "exports/b.csv" in raised.value.message
    assert "Put them back, undo the change, or give the source another name" in raised.value.message
    assert inbox.footprint() == before
    inbox.configure(table())
    inbox.pull()
    assert inbox.rows("table_events", "member") == ["ann", "ben"]


def test_a_changed_mapping_that_finds_no_file_it_knows_is_refused_too(inbox):
    inbox.configure(table("exports"))
    inbox.put("a.csv", "who,at\nann,2024-01-01\n")
    inbox.pull()
    inbox.configure(SLACK.replace('"slack"\nformat', '"group"\nformat'))
    with pytest.raises(ExportsError, match=r"1 file\(s\) loaded before are gone or different now \(a\.csv\)"):
        inbox.pull()


def test_a_run_killed_before_it_forgot_the_old_mapping_counts_nothing_twice(inbox, monkeypatch):
    inbox.configure(table())
    inbox.put("a.csv", "who,at\nann,2024-01-01\n")
    inbox.pull()
    inbox.configure(table(kind="reply"))
    loaded = config.load(inbox.config_file)
    with monkeypatch.context() as patched:
        patched.setattr(lake, "sweep", lambda *arguments: 0)
        pull(loaded, loaded.sources[0], inbox.home)
    assert inbox.rows("table_events", "type") == ["post", "reply"]
    assert lake.sweep(inbox.home, ["group"]) > 0
    assert inbox.rows("table_events", "type") == ["reply"]
    assert not inbox.pull().changed


def test_another_zone_or_first_day_of_the_week_is_no_other_mapping(inbox):
    put_all(inbox, files())
    inbox.pull()
    inbox.community = inbox.community.replace("UTC", "Asia/Tokyo").replace("monday", "sunday")
    inbox.configure(SLACK)
    assert not inbox.pull().changed


@pytest.mark.parametrize(
    "path", ["nothing", "exports/*.zip", "exports/**/*.zip", "/nowhere/*.zip", "a\\nb", "x" * 5000]
)
def test_nothing_at_the_path_is_told_with_what_was_expected(inbox, path):
    inbox.configure(SLACK.replace('"exports"', f'"{path}"'))
    with pytest.raises(ExportsError) as raised:
        inbox.pull()
    assert raised.value.message.startswith(f"{inbox.config_file}: sources.slack.path: /")
    assert raised.value.message.endswith(
        ": nothing lies there. Expected a folder, a file, a .zip or .tar.gz, a glob, or a URL."
    )
    assert inbox.trace() == []


def test_a_folder_without_a_single_file_that_fits_is_not_called_known(inbox):
    inbox.put("notes.txt", "hello")
    said = inbox.pull().sentence()
    assert said == "slack: nothing to read: no figure needs any of the 1 files found (notes.txt)"


def test_a_dangling_link_is_told_and_the_rest_goes_on(inbox):
    inbox.configure(SLACK.replace('"exports"', '"exports/*.zip"'))
    write_zip(inbox.exports / "a.zip", files())
    (inbox.exports / "b.zip").symlink_to(inbox.exports / "nowhere.zip")
    result = inbox.pull()
    assert result.total("rows_loaded") == 3
    assert inbox.reasons()["b.zip"].startswith("cannot be opened: [Errno 2] No such file")
    assert not inbox.pull().changed


@pytest.mark.parametrize("kind", ["zip", "csv"])
def test_an_export_that_comes_back_takes_the_place_of_what_could_not_be_read(inbox, kind):
    """Byte for byte as it was pulled before: nothing is new in it, but something can be read again."""
    if kind == "zip":
        inbox.configure(SLACK.replace('"exports"', '"exports/slack.zip"'))
        good, bad = inbox.exports / "good", inbox.exports / "bad"
        write_zip(good, files(message()))
        bad.write_bytes(b"half a zip")
        places = {True: inbox.exports / "slack.zip", False: inbox.exports / "slack.zip"}
        contents = {True: good.read_bytes(), False: bad.read_bytes()}
    else:
        inbox.configure(table())
        places = {True: inbox.exports / "old.csv", False: inbox.exports / "new.csv"}
        contents = {True: b"who,at\na,2024-01-01T10:00Z\n", False: b""}
    for is_good in (True, False, True, True, False, False, True):
        for path in places.values():
            path.unlink(missing_ok=True)
        places[is_good].write_bytes(contents[is_good])
        inbox.pull()
        found = unreadable.sources(config.load(inbox.config_file), inbox.home)
        assert (found == []) == is_good
