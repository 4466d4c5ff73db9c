"""Archives within archives and folders, packed files, and the bombs among them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping

import pytest

from tests.exports_in.inbox import SLACK, Inbox
from tests.exports_in.slack_export import files, message, put_all, user, zipped


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community")


def zip_of(members: Mapping[str, object]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return packed.getvalue()


def tar_gz_of(members: Mapping[str, object]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def day(n: int, who: str = "U1") -> dict[str, list]:
    return {f"general/2024-01-{n:02}.json": [message(ts_of(n), user=who)]}


def ts_of(n: int) -> str:
    return f"{1704110400 + 86400 * n}.000100"


def test_archives_in_an_archive_are_read_and_named_by_their_place(inbox):
    zipped(inbox, files() | {"team/one.zip": zip_of(day(2)), "two.tar.gz": tar_gz_of(day(3))})
    inbox.pull()
    assert inbox.rows("slack_messages", "_file") == [
        "general/2024-01-01.json",
        "team/one.zip/general/2024-01-02.json",
        "two.tar.gz/general/2024-01-03.json",
    ]
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_archives_in_a_folder_are_one_export_and_read_again_when_they_change(inbox):
    """Parts as of a Takeout: the members' list in one, the messages in others."""
    put_all(inbox, {"part-1.zip": zip_of(files()), "part-2.zip": zip_of(day(2))})
    result = inbox.pull()
    assert (result.total("rows_loaded"), {a.export for a in inbox.accounts()}) == (4, {"exports"})
    assert {a.file for a in inbox.accounts() if a.outcome == "opened"} == {"part-1.zip", "part-2.zip"}
    inbox.put("part-2.zip", zip_of(day(2) | day(3)))
    again = inbox.pull()
    assert {(a.file, a.outcome) for a in again.accounts} == {
        ("part-1.zip", "known"),
        ("part-2.zip", "opened"),
        ("part-2.zip/general/2024-01-02.json", "known"),
        ("part-2.zip/general/2024-01-03.json", "loaded"),
    }
    assert inbox.rows("slack_messages", "count(*)", "") == [3]


def test_a_list_of_members_in_an_unchanged_archive_is_still_one(inbox):
    from orchestration.exports.lake import Ledger

    put_all(inbox, {"part-1.zip": zip_of(files())})
    inbox.pull()
    put_all(inbox, day(2))
    inbox.pull()
    assert [export.has_member_list for export in Ledger(inbox.home, "slack").exports()] == [True, True]


def test_a_list_of_members_that_cannot_be_read_is_none(inbox):
    from orchestration.exports.lake import Ledger

    put_all(inbox, files())
    inbox.pull()
    inbox.put("users.json", json.dumps([user()])[:-3])
    inbox.pull()
    assert [export.has_member_list for export in Ledger(inbox.home, "slack").exports()] == [True, False]


def test_an_archive_with_something_broken_in_it_is_looked_at_each_time(inbox):
    put_all(inbox, files() | {"part.zip": zip_of(day(2) | {"general/2024-01-03.json": b"[{"})})
    inbox.pull()
    assert inbox.reasons() == {"part.zip/general/2024-01-03.json": "not valid JSON (cut off?)"}
    before = inbox.footprint()
    assert not inbox.pull().changed
    assert inbox.footprint() == before


def test_nesting_ends_at_three(inbox):
    packed = zip_of(day(5))
    for depth in (4, 3, 2):
        packed = zip_of(day(depth) | {"in.zip": packed})
    zipped(inbox, files() | {"in.zip": packed})
    result = inbox.pull()
    assert inbox.weeks("slack_messages") == ["2024-01-01"]
    assert inbox.rows("slack_messages", "_file") == [
        "general/2024-01-01.json",
        "in.zip/general/2024-01-02.json",
        "in.zip/in.zip/general/2024-01-03.json",
        "in.zip/in.zip/in.zip/general/2024-01-04.json",
    ]
    assert inbox.reasons() == {"in.zip/in.zip/in.zip/in.zip": "packed more than 3 deep: not opened"}
    assert result.total("rows_quarantined") == 1


def test_a_bomb_of_bombs_is_refused_by_the_size_of_the_outermost(inbox):
    """Each layer alone would pass: a thousandfold in three steps."""
    zeros = b"[" + b" " * (40 << 20) + b"]"
    inner = zip_of({f"general/2024-02-{n:02}.json": zeros for n in range(1, 4)})
    zipped(inbox, files() | {f"{n}.zip": inner for n in range(4)})
    inbox.pull()
    reasons = inbox.reasons()
    assert all("the archive unpacks to far more than its" in reason for reason in reasons.values())
    assert len(reasons) == 11, "sixty-four megabytes are let through, and so is what is small"
    assert inbox.rows("slack_users", "count(*)", "") == [2]


def test_a_packed_file_goes_by_its_own_name(inbox):
    put_all(inbox, {"users.json.gz": gzip.compress(json.dumps([user()]).encode())})
    inbox.put("general/2024-01-01.json.gz", gzip.compress(json.dumps([message()]).encode()))
    assert inbox.pull().total("rows_loaded") == 2
    assert inbox.rows("slack_messages", "channel, _file") == [("general", "general/2024-01-01.json")]
    assert not inbox.pull().changed


@pytest.mark.parametrize("cut", [0, 5, 30])
def test_half_a_packed_file_is_told(inbox, cut):
    put_all(inbox, files())
    inbox.put("general/2024-01-02.json.gz", gzip.compress(json.dumps([message()]).encode())[:cut])
    inbox.pull()
    ((_, reason),) = inbox.reasons().items()
    assert reason == "empty file" if cut == 0 else reason.startswith("cannot be read: ")
    assert inbox.rows("slack_messages", "count(*)", "") == [1]


def test_a_packed_bomb_is_not_unpacked(inbox):
    put_all(inbox, files())
    inbox.put("general/2024-01-02.json.gz", gzip.compress(b"[" + b" " * (200 << 20) + b"]"))
    inbox.pull()
    ((_, reason),) = inbox.reasons().items()
    assert reason.startswith("cannot be read: the archive unpacks to far more than its")


def test_half_an_archive_in_an_archive_is_told_and_the_rest_is_read(inbox):
    zipped(inbox, files() | {"bad.zip": zip_of(day(2))[:-30], "empty.zip": b"", "worse.tar.gz": b"\x1f\x8b\x08"})
    inbox.pull()
    reasons = inbox.reasons()
    assert set(reasons) == {"bad.zip", "empty.zip", "worse.tar.gz"}
    assert reasons["bad.zip"] == "cannot be opened: File is not a zip file"
    assert inbox.rows("slack_messages", "count(*)", "") == [1]


def test_what_members_attached_is_left_alone(inbox):
    put_all(inbox, files() | {"files/holiday.zip": zip_of(day(2)), "general/attachments/x.zip": zip_of(day(3))})
    inbox.pull()
    assert inbox.rows("slack_messages", "_file") == ["general/2024-01-01.json"]
    assert inbox.quarantine() == []


@pytest.mark.parametrize("name", ["../../evil.zip", "/etc/evil.zip", "it's [a] *.zip"])
def test_names_of_inner_archives_are_labels(inbox, name):
    zipped(inbox, files() | {name: zip_of(day(2) | {"../../../evil/2024-01-03.json": [message(ts_of(3))]})})
    before = {path for path in inbox.folder.parent.rglob("*") if inbox.home.path not in path.parents}
    assert inbox.pull().total("rows_loaded") == 5
    assert {path for path in inbox.folder.parent.rglob("*") if inbox.home.path not in path.parents} == before


def test_a_pattern_of_archives_is_one_export_each(inbox):
    inbox.configure(SLACK.replace('"exports"', '"exports/*.zip"'))
    put_all(inbox, {"one.zip": zip_of(files()), "two.zip": zip_of({"in.zip": zip_of(day(2))})})
    inbox.pull()
    assert inbox.rows("slack_messages", "_export, _file") == [
        ("exports/one.zip", "general/2024-01-01.json"),
        ("exports/two.zip", "in.zip/general/2024-01-02.json"),
    ]
