"""Every format's export, broken in every way: never a traceback, never a silent loss, the counts add up (which
`Inbox.pull` checks for each file, in result, ledger, lake and quarantine), and what is whole is read.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration import formats
from orchestration.exports import lake
from tests.exports_in.inbox import Inbox
from tests.exports_in.small import EXPORTS

CUTS = 8  # byte positions at which a file is cut


class Small:
    """A small valid export of a format as an inbox, and what becomes of it when it is whole."""

    def __init__(self, folder: Path, name: str):
        self.inbox = Inbox(folder / "community")
        self.keys = EXPORTS[name](self.inbox.exports)
        self.point_at("exports")
        self.files = sorted(path for path in self.inbox.exports.rglob("*") if path.is_file())
        self.whole = self.read()

    def point_at(self, path: str) -> None:
        lines = self.keys.splitlines(keepends=True)
        self.inbox.configure("".join(["[[sources]]\n", 'name = "made"\n', f'path = "{path}"\n', *lines]))

    def read(self) -> Counter[str]:
        """Pulls into an empty home; the rows loaded, by file."""
        shutil.rmtree(self.inbox.home.path)
        self.inbox.home.create()
        result = self.inbox.pull()
        for account in result.accounts:
            assert account.outcome != lake.UNREADABLE or account.reason, account
        reasons = [entry["reason"] for entry in self.inbox.quarantine()]
        assert all(reasons), "whatever is left out has a reason"
        loaded = Counter[str]()
        for account in result.accounts:
            if account.rows_loaded:
                loaded[account.file] += account.rows_loaded
        return loaded

    def again_is_nothing_new(self) -> None:
        """The same broken export is told once."""
        before = self.inbox.footprint()
        assert not self.inbox.pull().changed
        assert self.inbox.footprint() == before

    def name(self, path: Path) -> str:
        return path.relative_to(self.inbox.exports).as_posix()

    def used(self) -> list[Path]:
        """The files of which rows were loaded."""
        return [path for path in self.files if self.whole[self.name(path)]]

    def others_are_read(self, broken: Path, loaded: Counter[str]) -> None:
        """Files beside a broken one are read as if it were whole."""
        for path in self.used():
            if path != broken:
                assert loaded[self.name(path)] == self.whole[self.name(path)], self.name(path)

    def with_each(self, damage: Callable[[Path], None]) -> None:
        """Damages one file after the other, reads, and puts it right again."""
        for path in self.used():
            content = path.read_bytes()
            damage(path)
            self.others_are_read(path, self.read())
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            path.write_bytes(content)


@pytest.fixture(params=sorted(EXPORTS))
def small(request, tmp_path) -> Small:
    return Small(tmp_path, request.param)


def test_every_format_has_a_small_export():
    assert set(EXPORTS) == set(formats.names())


def test_a_whole_export_is_read_without_a_word(small):
    assert small.used(), "rows of it are loaded"
    assert small.inbox.quarantine() == []


def test_cut_off_at_any_byte(small):
    """A cut file is unreadable as a whole, or what is left of it is read, and its broken end is told."""
    for path in small.used():
        content = path.read_bytes()
        for place in sorted({len(content) * n // CUTS for n in range(CUTS)} | {len(content) - 1}):
            path.write_bytes(content[:place])
            loaded = small.read()
            small.others_are_read(path, loaded)
            assert loaded[small.name(path)] <= small.whole[small.name(path)]
        path.write_bytes(content)


def test_a_stray_byte_anywhere(small):
    junk = [b"\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b"\r", b'"', b"}", b"]", b"<", b",", b"\\"]
    for path in small.used():
        content = path.read_bytes()
        for number, stray in enumerate(junk):
            place = len(content) * ((number * 7) % 11) // 10  # seven steps on from one to the next
            path.write_bytes(content[:place] + stray + content[place:])
            small.others_are_read(path, small.read())
        path.write_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"\n\n\n", b"\xef\xbb\xbf", b"\x00" * 100, b"null", b"[]", b"{}", b"[[]]", b"[null, 1, true, \"x\"]",
        b"<html><body>Sign in</body></html>", b"<?xml version='1.0'?><a>", b"PK\x03\x04", b"\x1f\x8b\x08\x00",
        b"[" * 100_000, b"x" * 100_000, "漢".encode("utf-16"), b"\xff\xfe", b"PAR1PAR1",
        b"a,b,c\n1,2,3\n", b'{"a": 1}\n{"a": 2}\n',
    ],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_something_else_in_a_files_place(small, content):
    small.with_each(lambda path: path.write_bytes(content))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").write_text("x")


def _link_in_circles(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("damage", [_folder, _link_in_circles, _pipe])
def test_no_plain_file_in_a_files_place(small, damage):
    small.with_each(damage)


def test_a_link_out_of_the_folder_is_not_followed(small, tmp_path):
    for number, path in enumerate(small.used()):
        outside = tmp_path / f"outside-{number}"
        shutil.move(path, outside)
        path.symlink_to(outside)
        loaded = small.read()
        small.others_are_read(path, loaded)
        assert loaded[small.name(path)] == 0
        assert small.inbox.reasons()[small.name(path)] == "a link that leads out of the export's folder"
        path.unlink()
        shutil.move(outside, path)


def _zip(small: Small, more: dict[str, bytes] | None = None, without: Path | None = None) -> Path:
    """The export as a zip in place of the folder."""
    small.point_at("export.zip")
    packed = small.inbox.folder / "export.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in small.files:
            if path != without:
                archive.writestr(small.name(path), path.read_bytes())
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return packed


def test_a_zip_cut_off_anywhere_and_an_empty_one(small):
    packed = _zip(small)
    assert small.read() == small.whole
    content = packed.read_bytes()
    for n in range(6):
        packed.write_bytes(content[: len(content) * n // 6])
        assert small.read() == Counter()
        assert list(small.inbox.reasons()) == ["export.zip"]


def test_flipped_bytes_in_a_zip(small):
    """Wherever the damage is: told, or harmless, and nothing is read that was not there."""
    packed = _zip(small)
    content = packed.read_bytes()
    for n in range(12):
        place = len(content) * n // 12
        packed.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        loaded = small.read()
        assert loaded.total() <= small.whole.total()
        assert loaded.total() == small.whole.total() or small.inbox.quarantine() or loaded.keys() != small.whole.keys()


def test_names_that_lead_out_and_a_bomb_in_a_zip(small):
    first = small.used()[0]
    name, content = small.name(first), first.read_bytes()
    bomb = content[:1] + b" " * (80 << 20)
    _zip(small, {f"../../{name}": content, f"/etc/evil/{name}": content, f"bomb/{name}": bomb})
    before = {path for path in small.inbox.folder.parent.rglob("*") if small.inbox.home.path not in path.parents}
    loaded = small.read()
    after = {path for path in small.inbox.folder.parent.rglob("*") if small.inbox.home.path not in path.parents}
    assert after == before
    assert not Path("/etc/evil").exists()
    for file, rows in small.whole.items():
        assert loaded[file] == rows
    told = small.inbox.reasons()
    assert "not unpacked" in told.get(f"bomb/{name}", "") or f"bomb/{name}" not in {
        account.file for account in small.inbox.accounts() if account.outcome != lake.UNUSED
    }


def _changed(value: object, to: object) -> list[object]:
    """A JSON value with one of its values replaced, once for each."""
    if isinstance(value, dict):
        return [{**value, key: new} for key, inner in value.items() for new in [to, *_changed(inner, to)]] + [
            {other: inner for other, inner in value.items() if other != key} for key in value
        ]
    if isinstance(value, list):
        return [
            [*value[:i], new, *value[i + 1 :]] for i, inner in enumerate(value) for new in [to, *_changed(inner, to)]
        ]
    return []


@pytest.mark.parametrize("wrong", [None, 1e308, 2**70, "", "'; drop table x; --", [[[]]]])
def test_wrong_types_in_json(small, wrong):
    """Each value of each JSON file in turn becomes something else, or is missing."""
    for path in small.used():
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            variants = _changed(json.loads(text), wrong)
        except ValueError:
            continue
        content = path.read_bytes()
        step = max(1, len(variants) // 3)
        for variant in variants[::step]:
            path.write_text(json.dumps(variant), encoding="utf-8")
            small.others_are_read(path, small.read())
        path.write_bytes(content)


@pytest.mark.parametrize(
    "wrong", ["", "-1", "1e999", "9" * 400, "NaN", "'; drop table x; --", "漢\u2028字", "0001-01-01", "99999-01-01"]
)
def test_wrong_values_in_text(small, wrong):
    """Each word of a file that is no JSON in turn becomes something else."""
    import re

    for path in small.used():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.suffix == ".json":
            continue
        words = list(re.finditer(r"[\w.:-]+", text))
        for word in words[:: max(1, len(words) // 3)]:
            path.write_text(text[: word.start()] + wrong + text[word.end() :], encoding="utf-8")
            small.others_are_read(path, small.read())
        path.write_text(text, encoding="utf-8")
