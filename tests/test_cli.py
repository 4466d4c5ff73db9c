"""The command line: quick to answer, clear about mistakes, and never a traceback for them."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from orchestration import cli, runs
from orchestration.community import Community
from orchestration.home import Home, HomeLock
from tests.communities import STILLHERE, stillhere

HEAVY = ("dagster", "duckdb", "dbt", "great_expectations", "pandas", "pyarrow", "sqlalchemy", "pydantic", "rich")
CONFIG = """
[community]
name = "Test"
[[sources]]
name = "slack"
format = "slack"
path = "exports"
"""


def test_help_loads_nothing_heavy():
    code = f"import sys, orchestration.cli as c; c._parser(); print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_help_names_every_command():
    done = stillhere("--help")
    assert done.returncode == 0
    for command in ("init", "check", "run", "ui", "forget"):
        assert command in done.stdout


def test_module_is_the_same_as_the_script():
    done = subprocess.run([sys.executable, "-m", "orchestration", "--version"], capture_output=True, text=True)
    assert done.stdout == stillhere("--version").stdout


def test_init_writes_a_config_that_check_accepts(tmp_path: Path):
    folder = tmp_path / "new in l'été"
    done = stillhere("init", folder)
    assert done.returncode == 0
    (folder / "exports" / "slack").mkdir(parents=True)
    # The command that it names, as somebody copies it whose PATH has no stillhere.
    named = shlex.split(done.stdout.partition("then: ")[2])
    done = subprocess.run(named, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("home", [None, "a home"])
def test_a_run_ends_with_the_command_that_opens_its_own_home(tmp_path: Path, capsys, monkeypatch, home: str | None):
    monkeypatch.delenv("STILLHERE_HOME", raising=False)
    config = tmp_path / "a b" / "stillhere.toml"
    config.parent.mkdir()
    config.write_text(CONFIG)
    community = Community.of(config, home and tmp_path / home)
    runs._summarise(community, Console(width=60), runs.Outcome())
    named = shlex.split(capsys.readouterr().out.partition("run again: ")[2])
    assert named[1:] == ["ui", "--config", str(config), *(["--home", str(tmp_path / home)] if home else [])]


def test_init_never_writes_over_a_config(tmp_path: Path):
    file = tmp_path / "stillhere.toml"
    file.write_text("mine")
    done = stillhere("init", tmp_path)
    assert (done.returncode, file.read_text()) == (2, "mine")
    assert "there is one already" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--from", "yesterday"), "expected a date such as"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "lies after"),
        (("--to", "2999-01-01"), "not closed yet"),
    ],
)
def test_wrong_dates(tmp_path: Path, arguments: tuple[str, ...], words: str):
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    (tmp_path / "exports").mkdir()
    done = stillhere("run", "--config", tmp_path / "stillhere.toml", *arguments)
    assert done.returncode == 2
    assert words in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / ".stillhere").exists()


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_path_that_matches_nothing(tmp_path: Path, command: str):
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    done = stillhere(command, "--config", tmp_path / "stillhere.toml")
    assert done.returncode == 2
    assert "sources.slack.path" in done.stderr and "nothing lies there" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_says_what_it_found_and_writes_nothing(sample_exports: Path, tmp_path: Path):
    # In a folder of its own: another test may be running the sample community in its home just now.
    folder = tmp_path / "community"
    shutil.copytree(sample_exports.parent, folder, ignore=shutil.ignore_patterns(".stillhere"))
    before = sorted(folder.rglob("*"))
    done = stillhere("check", "--config", folder / sample_exports.name)
    assert done.returncode == 0, done.stderr
    for words in ("Harbour Makers", "slack (slack)", "messages", "first instant", "cannot show", "who reads"):
        assert words in done.stdout
    assert sorted(folder.rglob("*")) == before


TABLE = """\
[community]
name = "Here"
[[sources]]
name = "forum"
format = "table"
path = "exports/*.csv"
[sources.columns]
member = "who"
at = "at"
type = "what"
id = "id"
[sources.members]
file = "members.csv"
member = "who"
joined_at = "joined"
is_bot = "bot"
[[sources]]
name = "asked"
format = "surveys"
path = "asked.csv"
survey_id = "s"
question = "Well?"
kind = "rating"
[sources.columns]
value = "answer"
answered_at = "at"
"""


def test_check_counts_members_and_interactions_as_the_reports_do(tmp_path: Path):
    """An act that stands in two exports is one; a bot is named; whoever only acts is a member too."""
    (tmp_path / "stillhere.toml").write_text(TABLE)
    exports = tmp_path / "exports"
    exports.mkdir()
    rows = [
        "who,at,what,id",
        "a,2026-03-02T10:00Z,post,1",
        "b,2026-03-03T10:00Z,reply,2",
        "b,2026-03-03T11:00Z,leave,3",
    ]
    (exports / "one.csv").write_text("\n".join(rows) + "\n")
    (exports / "two.csv").write_text("\n".join([*rows, "c,2026-03-04T10:00Z,reply,4"]) + "\n")
    (exports / "members.csv").write_text("who,joined,bot\na,2026-03-01,no\nr,2026-03-01,yes\n")
    (tmp_path / "asked.csv").write_text("answer,at\n4,2026-03-02T10:00Z\n")
    done = stillhere("check", "--config", tmp_path / "stillhere.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    forum, asked = [" ".join(part.split()) for part in done.stdout.split("asked (surveys)")]
    assert (
        "rows 9 read, 9 usable: 7 events, 2 members members 4, of them 1 bot interactions 3: reply 2, post 1" in forum
    )
    assert "membership events 1" in forum
    assert "lie before the joining" not in forum
    assert "survey answers 1" in asked and "interactions" not in asked and " members " not in asked.split("shows")[0]


def test_check_shows_what_would_drive_a_terminal_written_out(tmp_path: Path):
    (tmp_path / "stillhere.toml").write_text(TABLE.partition("[sources.members]")[0].replace('"Here"', '"He\\u001bre"'))
    exports = tmp_path / "exports"
    exports.mkdir()
    name = "a\x1b[31m\n  fake.csv: all is well\n\u202e.csv"
    (exports / name).write_text("who,at,what,id\na,2026-03-01T10:00Z,\x1b]0;x\x07,1\n")
    done = stillhere("check", "--config", tmp_path / "stillhere.toml")
    assert done.returncode == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)
    assert "\n  fake.csv" not in done.stdout and "\\n  fake.csv: all is well\\n\\u202e.csv, row 2" in done.stdout
    assert "He\\x1bre: weeks start" in done.stdout


def test_a_run_that_can_read_nothing_any_more_fails(tmp_path: Path):
    """No week is attempted for it: a scheduled run would else be green for ever."""
    (tmp_path / "stillhere.toml").write_text(TABLE.partition("[sources.members]")[0])
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "a.csv").write_text("who,at,what,id\na,2026-03-01T10:00Z,post,1\n")
    assert stillhere("run", "--config", tmp_path / "stillhere.toml").returncode == 0
    (exports / "a.csv").write_text("")
    for _ in range(2):
        done = stillhere("run", "--config", tmp_path / "stillhere.toml")
        assert done.returncode == 1
        assert "forum: of its newest exports nothing can be read" in done.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/home/x"),
        OSError(errno.EROFS, "Read-only file system", "/home/x/lock"),
        sqlite3.OperationalError("database or disk is full"),
        duckdb.IOException("IO Error: Could not write file: No space left on device"),
    ],
)
def test_a_full_or_closed_disk_is_told_without_a_traceback(error, tmp_path: Path, monkeypatch, capsys):
    def run(*_: object) -> int:
        try:
            raise error
        except Exception as cause:
            raise RuntimeError("a step of Dagster's") from cause

    monkeypatch.setattr("orchestration.runs.run", run)
    assert cli.main(["run", "--config", str(tmp_path / "stillhere.toml")]) == 1
    said = capsys.readouterr().err
    assert str(error).splitlines()[0] in said and "Make room" in said and "a step of Dagster" not in said


def test_any_other_error_is_not_taken_for_the_disk(monkeypatch):
    def run(*_: object) -> int:
        raise OSError(errno.ENOENT, "No such file")

    monkeypatch.setattr("orchestration.runs.run", run)
    with pytest.raises(OSError, match="No such file"):
        cli.main(["run"])


def test_check_doubts_a_list_of_last_joinings(tmp_path: Path):
    (tmp_path / "stillhere.toml").write_text(TABLE.partition('[[sources]]\nname = "asked"')[0])
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "acts.csv").write_text(
        "who,at,what,id\n"
        + "".join(f"a,2026-03-0{day}T10:00Z,post,{day}\n" for day in range(1, 9))
        + "a,9.3.2026,post,9\n"
    )
    (exports / "members.csv").write_text("who,joined,bot\na,2026-03-05,no\n")
    said = stillhere("check", "--config", tmp_path / "stillhere.toml").stdout
    assert "Instants without a zone are read in UTC" in said
    assert 'instants = "%d.%m.%Y %H:%M"' in said
    assert "4 interactions of 1 member lie before the joining that the member list gives" in said


def test_check_shows_what_cannot_be_read(tmp_path: Path):
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    channel = tmp_path / "exports" / "general"
    channel.mkdir(parents=True)
    (channel / "2026-01-05.json").write_text(
        '[{"type": "message", "user": "U1", "ts": "1767609000.000100"}, {"user": "U2"}]'
    )
    (channel / "2026-01-06.json").write_text('[{"type": "mess')
    done = stillhere("check", "--config", tmp_path / "stillhere.toml")
    assert done.returncode == 1
    assert "general/2026-01-05.json, row 2: ts: missing" in done.stdout
    assert "general/2026-01-06.json: not valid JSON" in done.stdout


def test_check_names_what_it_does_not_need_and_says_how_a_spreadsheet_is_read(tmp_path: Path):
    config = TABLE.partition("[sources.members]")[0].replace("exports/*.csv", "exports")
    (tmp_path / "stillhere.toml").write_text(config)
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "acts.csv").write_text("who,at,what,id\na,2026-03-01T10:00Z,post,1\n")
    for name in ("[red]1.pdf", "2\x1b.pdf", "3.pdf", "4.pdf"):
        (exports / name).write_bytes(b"%PDF")
    done = stillhere("check", "--config", tmp_path / "stillhere.toml")
    said = " ".join(done.stdout.split())
    assert "1 read, 4 not needed for any figure: 2\\x1b.pdf, 3.pdf, 4.pdf, and 1 more" in said
    assert done.returncode == 0 and "spreadsheet" not in said
    for name in ("2\x1b.pdf", "3.pdf"):
        (exports / name).unlink()
    (exports / "April.XLSX").write_bytes(b"PK")
    said = " ".join(stillhere("check", "--config", tmp_path / "stillhere.toml").stdout.split())
    assert "not needed for any figure: 4.pdf, April.XLSX, [red]1.pdf" in said
    assert "A spreadsheet is read once it is saved as CSV (UTF-8)." in said


def test_ui_refuses_a_port_that_is_taken(tmp_path: Path):
    import socket

    (tmp_path / "stillhere.toml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = stillhere("ui", "--config", tmp_path / "stillhere.toml", "--port", server.getsockname()[1])
    assert done.returncode == 2
    assert "something listens there" in done.stderr


def test_ui_ends_in_order_when_its_terminal_sends_an_interrupt_to_everybody(tmp_path: Path):
    import signal
    import socket
    import time

    (tmp_path / "stillhere.toml").write_text(CONFIG)
    (tmp_path / "exports").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    process = subprocess.Popen(
        [STILLHERE, "ui", "--config", tmp_path / "stillhere.toml", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    assert "Aborted" not in said and "Traceback" not in said


def with_a_published_week(folder: Path, week: str) -> Path:
    """A config whose weeks begin on Monday, beside a home from which a week was published; gives the config."""
    config = folder / "stillhere.toml"
    config.write_text(CONFIG)
    (folder / "exports").mkdir()
    home = Home(folder / ".stillhere").create()
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("create schema reports")
        connection.execute(
            f"create table reports.report_editions as"
            f" select date '{week}' as week_start, 1 as edition, 'x' as exports_fingerprint"
        )
    return config


def test_weeks_that_begin_on_another_day_than_those_published_are_refused(tmp_path: Path):
    config = with_a_published_week(tmp_path, "2026-10-11")
    done = stillhere("run", "--config", config)
    assert done.returncode == 2
    assert done.stderr == (
        f"{config}: community.week_start_day: found 'monday', but the weeks that were published from"
        f" {tmp_path / '.stillhere'} begin on Sunday. Set it back to 'sunday', or begin a new home (--home).\n"
    )
    assert not (tmp_path / ".stillhere" / "ledger" / "slack").exists()


def test_a_pull_of_the_ui_refuses_them_too_and_is_not_tried_again(tmp_path: Path):
    import dagster as dg

    from orchestration.assets.exports import exports_asset
    from orchestration.community import Community

    community = Community.of(with_a_published_week(tmp_path, "2026-10-11"))
    try:
        done = dg.materialize([exports_asset(community, community.config.sources[0])], raise_on_error=False)
    finally:
        HomeLock(community.home).release()
    assert not done.success
    assert "begin on Sunday" in str(done.all_events)
    assert not [event for event in done.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]


@pytest.mark.parametrize("port", ["99999", "-1", "0", "9" * 5000, "x"])
def test_ui_refuses_what_is_no_port(port: str):
    done = stillhere("ui", f"--port={port}")
    assert done.returncode == 2
    assert "expected a number from 1 to 65535" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("run",), ("ui",), ("forget", "slack:U1", "--unseen")])
@pytest.mark.parametrize("home", ["{folder}/exports/a.json", "{folder}/exports/a.json/home", "/proc/x"])
def test_a_home_that_can_be_no_folder_is_refused(tmp_path: Path, command: tuple[str, ...], home: str):
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a.json").write_text("[]")
    home = home.format(folder=tmp_path)
    done = stillhere(*command, "--config", tmp_path / "stillhere.toml", "--home", home)
    assert done.returncode == 2
    assert f"{home}: cannot be the home: " in done.stderr and "Traceback" not in done.stderr


def test_forget_refuses_an_argument_that_is_no_text(tmp_path: Path):
    (tmp_path / "stillhere.toml").write_text(CONFIG)
    home = Home(tmp_path / ".stillhere").create()
    done = stillhere("forget", "slack:Zo\udceb", "--unseen", "--config", tmp_path / "stillhere.toml")
    assert done.returncode == 2
    assert "expected UTF-8 text" in done.stderr and "Traceback" not in done.stderr
    assert not (home.path / "erased.json").exists()
