"""Exports that mean harm or are merely broken: names, links, archives and bombs, read as Slack's."""

import json
import os
import re
import struct
import tarfile
import time
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.exports_in.inbox import SLACK, Inbox
from tests.exports_in.slack_export import MONDAY, files, message, put_all, ts, write_zip, zipped

GOOD_DAY = json.dumps([message()])


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community")


HOSTILE = [
    "it's",
    "'; drop table x; --",
    'say "hi"',
    "a[b]*",
    "[*]",
    "what?",
    "two\nlines",
    "$(rm -rf)",
    "{a,b}",
    "back\\slash",
    "%s %d {}",
    "<script>",
    "week=2024-01-01",
    "ünï 漢字 🙂",
    " blank ",
    "a\u2028b",
]


@pytest.mark.parametrize("packing", ["folder", "zip"])
def test_hostile_folder_names_are_names_and_nothing_else(inbox, packing):
    """DuckDB takes `[`, `*` and `?` in a path for a pattern: `a[b]*` would read the folder `ab`."""
    members = {f"{name}/2024-01-01.json": [message(user=f"U{i}")] for i, name in enumerate(HOSTILE)}
    members["ab/2024-01-01.json"] = [message(user="decoy")]
    put_all(inbox, members) if packing == "folder" else zipped(inbox, members, "top\nfolder/")
    inbox.pull()
    expected = {(name, f"U{i}") for i, name in enumerate(HOSTILE)} | {("ab", "decoy")}
    assert set(inbox.rows("slack_messages", "channel, user_id")) == expected


@pytest.mark.parametrize("name", ["a[b]*", "it's", "ü?", "a b"])
@pytest.mark.parametrize("path", ["exports", "exports/*.zip", "exports/export.zip"])
def test_the_place_of_export_and_home_may_have_a_hostile_name(tmp_path, name, path):
    inbox = Inbox(tmp_path / name, SLACK.replace('"exports"', f'"{path}"'))
    decoy = tmp_path / "ab" / "exports" / "general"
    decoy.mkdir(parents=True)
    (decoy / "2024-01-01.json").write_text("[]")
    if path == "exports":
        put_all(inbox, files())
    else:
        write_zip(inbox.exports / "export.zip", files())
    inbox.pull()
    assert inbox.rows("slack_messages", "channel, user_id") == [("general", "U1")]
    assert not inbox.pull().changed


def test_a_name_that_is_no_utf8_is_kept_readable(inbox):
    folder = os.fsencode(inbox.exports) + b"/caf\xe9"
    os.mkdir(folder)  # noqa: PTH102 - a name of bytes
    with open(folder + b"/2024-01-01.json", "w") as day:  # noqa: PTH123
        day.write(GOOD_DAY)
    inbox.pull()
    assert inbox.rows("slack_messages", "channel") == ["caf\\xe9"]
    assert not inbox.pull().changed


def test_links_that_lead_out_of_the_export_are_not_followed(inbox):
    outside = inbox.folder / "secret.json"
    outside.write_text(GOOD_DAY)
    put_all(inbox, files())
    (inbox.exports / "general" / "2024-01-02.json").symlink_to(outside)
    (inbox.exports / "general" / "2024-01-03.json").symlink_to(inbox.exports / "general" / "2024-01-01.json")
    (inbox.exports / "general" / "2024-01-04.json").symlink_to(inbox.exports / "nothing")
    inbox.pull()
    assert inbox.reasons() == {
        "general/2024-01-02.json": "a link that leads out of the export's folder",
        "general/2024-01-04.json": "not a regular file",
    }
    assert inbox.rows("slack_messages", "_file") == ["general/2024-01-01.json", "general/2024-01-03.json"]
    before = inbox.footprint()
    assert not inbox.pull().changed, "what was told once is not told again"
    assert inbox.footprint() == before


def test_linked_folders_are_told_and_not_gone_into(inbox):
    outside = inbox.folder / "elsewhere"
    outside.mkdir()
    (outside / "2024-01-02.json").write_text(GOOD_DAY)
    put_all(inbox, files())
    (inbox.exports / "random").symlink_to(outside)
    (inbox.exports / "general" / "circle").symlink_to(inbox.exports)
    (inbox.exports / "again").symlink_to(inbox.exports / "general")
    (inbox.exports / "home").symlink_to(inbox.home.path)
    inbox.pull()
    assert inbox.reasons() == {"random": "a link that leads out of the export's folder"}
    assert inbox.rows("slack_messages", "_file") == ["general/2024-01-01.json"]
    assert not inbox.pull().changed, "what was told once is not told again"


@pytest.mark.parametrize("path", ["exports/pipe.csv", "exports/*.csv", "exports/pipe.zip", "exports/pipe.csv.gz"])
def test_a_pipe_as_the_path_is_not_waited_for(tmp_path, path):
    table = '[[sources]]\nname = "t"\nformat = "table"\npath = "{}"\n[sources.columns]\nmember = "m"\nat = "at"\n'
    inbox = Inbox(tmp_path, table.format(path) + 'type = "type"\n')
    os.mkfifo(inbox.exports / path.replace("*", "pipe").partition("/")[2])
    inbox.pull()
    assert set(inbox.reasons().values()) == {"not a regular file"}
    inbox.configure(SLACK.replace("exports", path))
    inbox.pull()
    assert set(inbox.reasons().values()) == {"not a regular file"}, "a format that needs no such file tells it too"


def test_a_home_within_the_export_is_no_part_of_it(tmp_path):
    inbox = Inbox(tmp_path, SLACK.replace('"exports"', '"."'))
    inbox.put("general/2024-01-01.json", [message()])
    trap = inbox.home.lake / "trap"
    trap.mkdir()
    (trap / "2024-01-01.json").write_text(GOOD_DAY)
    inbox.pull()
    assert inbox.rows("slack_messages", "channel") == ["general"]


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "..\\..\\evil", "a/../../evil"])
def test_names_in_a_zip_lead_nowhere(inbox, name):
    zipped(inbox, files() | {f"{name}/2024-01-02.json": [message(ts(MONDAY, 2))]})
    before = {path for path in inbox.folder.parent.rglob("*") if inbox.home.path not in path.parents}
    inbox.pull()
    assert {path for path in inbox.folder.parent.rglob("*") if inbox.home.path not in path.parents} == before
    assert not Path("/etc/evil").exists()
    assert inbox.rows("slack_messages", "count(*)", "") == [2]


def test_a_zip_bomb_is_not_unpacked(inbox):
    zeros = b"[" + b" " * (80 << 20) + b"]"
    zipped(inbox, files() | {"general/2024-01-02.json": zeros})
    inbox.pull()
    ((name, reason),) = inbox.reasons().items()
    assert name == "general/2024-01-02.json"
    assert re.fullmatch(r"unpacks to 83886082 bytes from \d+: not unpacked", reason)
    assert inbox.rows("slack_messages", "count(*)", "") == [1]


def test_a_bomb_of_many_small_members_is_not_unpacked(inbox):
    zeros = b"[" + b" " * (20 << 20) + b"]"
    zipped(inbox, {f"general/2024-01-{day:02}.json": zeros for day in range(2, 12)} | files())
    inbox.pull()
    reasons = inbox.reasons()
    assert 5 <= len(reasons) <= 8, "about a hundred megabytes are let through"
    assert all("the archive unpacks to far more than its" in reason for reason in reasons.values())
    assert inbox.rows("slack_users", "count(*)", "") == [2]


def test_encrypted_members_are_told(inbox):
    path = zipped(inbox, files())
    data = bytearray(path.read_bytes())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:  # the flags of each entry of the directory
        data[at + 8] |= 1
        at += 4
    path.write_bytes(data)
    inbox.pull()
    assert inbox.reasons() == {"general/2024-01-01.json": "encrypted", "users.json": "encrypted"}


def test_a_member_with_a_wrong_checksum_is_told_and_the_others_are_read(inbox):
    path = zipped(inbox, files())
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(b"general/2024-01-01.json"))
    data[entry + 16 : entry + 20] = struct.pack("<I", 12345)
    path.write_bytes(data)
    inbox.pull()
    ((name, reason),) = inbox.reasons().items()
    assert name == "general/2024-01-01.json"
    assert reason == "cannot be read: Bad CRC-32 for file 'general/2024-01-01.json'"
    assert inbox.rows("slack_users", "count(*)", "") == [2]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[: len(data) // 2], "cannot be opened: File is not a zip file"),
        (lambda data: b"", "cannot be opened: File is not a zip file"),
        (lambda data: b"<html>Sign in</html>", "cannot be opened: File is not a zip file"),
    ],
)
def test_half_a_zip_is_told_as_one_file(inbox, damage, reason):
    path = zipped(inbox, files())
    path.write_bytes(damage(path.read_bytes()))
    result = inbox.pull()
    assert inbox.reasons() == {"export.zip": reason}
    assert (result.total("rows_read"), result.total("rows_quarantined")) == (1, 1)
    assert not inbox.pull().changed


def test_a_zip_that_lies_about_names_is_told(inbox):
    """The flag says that names are UTF-8, and one is not."""
    path = zipped(inbox, files() | {"käse/2024-01-01.json": []})
    path.write_bytes(path.read_bytes().replace("kä".encode(), b"k\xff\xff"))
    inbox.pull()
    assert inbox.reasons()["export.zip"].startswith("cannot be opened: 'utf-8' codec can't decode")


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_half_a_tar_is_told(inbox, cut):

    put_all(inbox, files())
    path = inbox.folder / "export.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(inbox.exports, "export")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    inbox.configure(SLACK.replace('"exports"', '"export.tar.gz"'))
    inbox.pull()
    assert inbox.reasons()["export.tar.gz"].startswith("cannot be opened: ")


def test_a_link_in_a_tar_is_not_followed(inbox):

    put_all(inbox, files())
    path = inbox.folder / "export.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(inbox.exports, "export")
        link = tarfile.TarInfo("export/general/2024-01-02.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    inbox.configure(SLACK.replace('"exports"', '"export.tar"'))
    inbox.pull()
    assert inbox.reasons() == {"export/general/2024-01-02.json": "a link or device inside an archive"}


def test_files_of_macos_in_a_zip_are_passed_over(inbox):
    extra = {
        "__MACOSX/general/._2024-01-01.json": b"\x00\x05\x16",
        "__MACOSX/._users.json": b"\x00",
        ".DS_Store": b"\x00",
    }
    zipped(inbox, files() | extra)
    result = inbox.pull()
    assert (inbox.reasons(), result.total("rows_loaded")) == ({}, 3)


def test_a_member_twice_in_a_zip_loses_nothing(inbox):
    path = zipped(inbox, files())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("general/2024-01-01.json", json.dumps([message(user="U2")]))
    inbox.pull()
    assert inbox.rows("slack_messages", "user_id") == ["U1", "U2"]


def test_ten_thousand_files_are_read_in_reasonable_time(inbox):
    days = [(datetime(2020, 1, 1) + timedelta(days=n)).strftime("%Y-%m-%d") for n in range(1000)]
    members = {
        f"channel-{c}/{day}.json": f'[{{"user":"U{c}","ts":"{1577836800 + 86400 * n}.{c:06d}","text":"x"}}]'
        for c in range(10)
        for n, day in enumerate(days)
    }
    zipped(inbox, members)
    start = time.process_time()  # of all threads; other tests may keep the machine busy
    result = inbox.pull()
    assert time.process_time() - start < 60
    assert (result.count("loaded"), result.total("rows_loaded")) == (10_000, 10_000)
    assert len(inbox.weeks("slack_messages")) == 144
    assert len(inbox.parts("slack_messages")) < 500, "few parts, however many files"
