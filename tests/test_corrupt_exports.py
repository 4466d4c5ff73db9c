"""Every format's export, broken in every way: never a traceback, never a silent loss, the counts add up (which
`Inbox.pull` checks for each file, in result, ledger, lake and quarantine), and what is whole is read.

To read an export takes a third of a second, and there are hundreds of ways to break each. So the broken copies of a
file lie beside the whole ones, each in a folder of its own, and one pull reads them all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from orchestration import formats
from orchestration.exports import lake, locate
from orchestration.exports.lake import FileAccount
from orchestration.formats import json_files, json_objects
from tests.exports_in.inbox import Inbox
from tests.exports_in.small import EXPORTS

CUTS = 12  # byte positions at which a file is cut
LEFT_OUT = (lake.UNUSED, lake.UNREADABLE)
_WHOLE: dict[str, Counter[str]] = {}


class Small:
    """A small valid export of a format as an inbox, and what becomes of it when it is whole."""

    def __init__(self, folder: Path, name: str):
        self.inbox = Inbox(folder / "community")
        self.keys = EXPORTS[name](self.inbox.exports)
        self.point_at("exports")
        self.files = sorted(path for path in self.inbox.exports.rglob("*") if path.is_file())
        if name not in _WHOLE:
            _WHOLE[name] = self.read()
            assert self.inbox.quarantine() == []
        self.whole = _WHOLE[name]

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

    def with_broken(
        self, broken: Iterable[tuple[Path, bytes | Callable[[Path], None]]]
    ) -> list[tuple[Path, FileAccount | None]]:
        """Reads the export with broken copies of its files, which must not touch what comes of the whole ones.

        Args:
            broken: a file of the export with the content of its broken copy, or with what breaks the copy.

        Returns:
            For each copy its file and its account; None where nothing lies under its name.
        """
        copies = []
        for number, (path, damage) in enumerate(broken):
            copy = self.inbox.exports / f"copy {number}" / self.name(path)
            copy.parent.mkdir(parents=True)
            shutil.copy(path, copy)
            copy.write_bytes(damage) if isinstance(damage, bytes) else damage(copy)
            copies.append((path, self.name(copy)))
        loaded = self.read()
        for file, rows in self.whole.items():
            assert loaded[file] == rows, f"{file} is whole"
        accounts = {account.file: account for account in self.inbox.accounts()}
        self.again_is_nothing_new()
        return [(path, accounts.get(copy)) for path, copy in copies]


@pytest.fixture(params=sorted(EXPORTS))
def small(request, tmp_path) -> Small:
    return Small(tmp_path, request.param)


@pytest.fixture
def giant(small, monkeypatch) -> Small:
    """An export whose JSON files are read in the way of those that are too large for memory."""
    if not any(path.suffix == ".json" for path in small.used()):
        pytest.skip("the format has no JSON")
    if "discourse" in small.keys:
        pytest.skip("a file is one post, and none is that large; its lists are tried in test_formats_discourse.py")
    monkeypatch.setattr(json_files, "GIANT_BYTES", 0)
    monkeypatch.setattr(json_objects, "GIANT_BYTES", 0)
    return small


def test_every_format_has_a_small_export():
    assert set(EXPORTS) == set(formats.names())


def test_a_whole_export_is_read_without_a_word(small):
    assert small.used(), "rows of it are loaded"
    assert small.read() == small.whole
    assert small.inbox.quarantine() == []


def test_cut_off_at_any_byte(small):
    _cut_off(small)


def test_giant_files_cut_off_at_any_byte(giant):
    _cut_off(giant)


def _cut_off(small: Small) -> None:
    """A cut file is unreadable as a whole, or what is left of it is read, and its broken end is told."""
    cuts = []
    for path in small.used():
        content = path.read_bytes()
        places = {len(content) * n // CUTS for n in range(CUTS)} | {1, len(content) - 2, len(content) - 1}
        cuts += [(path, content[:place]) for place in sorted(places)]
    for (path, account), (_, content) in zip(small.with_broken(cuts), cuts, strict=True):
        whole = small.whole[small.name(path)]
        assert account.rows_loaded <= whole, (content, account)
        told = account.outcome in LEFT_OUT or account.rows_quarantined
        if path.suffix == ".json":
            assert told or account.rows_loaded == whole, (content, account)
        else:
            # A line that is cut may make sense as it is, and a file that ends with a line is no broken one.
            assert told or account.rows_loaded or len(content.splitlines()) == 1, (content, account)


def test_a_stray_byte_anywhere(small):
    junk = [b"\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b"\r", b'"', b"}", b"]", b"<", b",", b"\\"]
    broken = []
    for path in small.used():
        content = path.read_bytes()
        for number, stray in enumerate(junk):
            place = len(content) * ((number * 7) % 11) // 10  # seven steps on from one to the next
            broken.append((path, content[:place] + stray + content[place:]))
    for _, account in small.with_broken(broken):
        assert account.rows_read or account.outcome in LEFT_OUT, account


SOMETHING_ELSE = [
    b"", b" ", b"\n\n\n", b"\xef\xbb\xbf", b"\x00" * 100, b"null", b"[]", b"{}", b"[[]]", b"[null, 1, true, \"x\"]",
    b"<html><body>Sign in</body></html>", b"<?xml version='1.0'?><a>", b"PK\x03\x04", b"\x1f\x8b\x08\x00",
    b"[" * 100_000, b"x" * 100_000, "漢".encode("utf-16"), b"\xff\xfe", b"PAR1PAR1",
    b"a,b,c\n1,2,3\n", b'{"a": 1}\n{"a": 2}\n',
]  # fmt: skip


def test_something_else_in_a_files_place(small):
    _something_else(small)


def test_something_else_in_a_giant_files_place(giant):
    _something_else(giant)


def _something_else(small: Small) -> None:
    broken = [(path, content) for path in small.used() for content in SOMETHING_ELSE]
    for (_, account), (_, content) in zip(small.with_broken(broken), broken, strict=True):
        assert account.rows_loaded == 0, (content, account)
        # An empty list is a valid file without rows.
        assert account.rows_read or account.outcome in LEFT_OUT or content == b"[]", (content, account)


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


def test_no_plain_file_in_a_files_place(small, tmp_path):
    def _link_that_leads_out(path: Path) -> None:
        outside = tmp_path / path.name
        shutil.move(path, outside)
        path.symlink_to(outside)

    damages = [_folder, _link_in_circles, _pipe, _link_that_leads_out]
    broken = [(path, damage) for path in small.used() for damage in damages]
    reasons = {
        _link_in_circles: "not a regular file",
        _pipe: "not a regular file",
        _link_that_leads_out: "a link that leads out of the export's folder",
    }
    for (_, account), (_, damage) in zip(small.with_broken(broken), broken, strict=True):
        assert (account and account.reason) == reasons.get(damage)


def _zip(path: Path, small: Small, more: dict[str, bytes] | None = None) -> bytes:
    """Packs the export; returns the zip's bytes."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in small.files:
            archive.writestr(small.name(file), file.read_bytes())
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return path.read_bytes()


def test_broken_zips(small):
    """Cut off, it cannot be opened. Wherever else the damage is: told, or harmless; nothing is read that was not
    there."""
    folder = small.inbox.folder / "zips"
    content = _zip(folder / "1-whole.zip", small)
    for n in range(4):
        (folder / f"2-cut-{n}.zip").write_bytes(content[: len(content) * n // 4])
    for n in range(8):
        place = len(content) * n // 8
        flipped = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        (folder / f"3-flipped-{n}.zip").write_bytes(flipped)
    small.point_at("zips/*.zip")
    small.read()
    found: dict[str, list[FileAccount]] = {}
    for account in small.inbox.accounts():
        found.setdefault(Path(account.export).stem, []).append(account)
    told = Counter(Path(entry["export"]).stem for entry in small.inbox.quarantine())
    assert Counter({a.file: a.rows_loaded for a in found.pop("1-whole") if a.rows_loaded}) == small.whole
    assert told["1-whole"] == 0
    names = {small.name(path) for path in small.files}
    for export, accounts in found.items():
        if "cut" in export:
            assert [account.outcome for account in accounts] == [lake.UNREADABLE]
            continue
        # The same file in another export is known by its hash, and not read twice.
        fine = [a for a in accounts if a.file in small.whole and a.outcome in (lake.LOADED, lake.KNOWN)]
        renamed = {account.file for account in accounts} - names
        assert len(fine) == len(small.whole) or told[export] or renamed, export


def test_names_that_lead_out_and_a_bomb_in_a_zip(small, monkeypatch):
    monkeypatch.setattr(locate, "_BOMB_BYTES", 1 << 20)  # to pack the real 64 MB takes a second for each format
    first = small.used()[0]
    name, content = small.name(first), first.read_bytes()
    bomb = content[:1] + b" " * (2 << 20)
    packed = small.inbox.folder / "export.zip"
    _zip(packed, small, {f"../../{name}": content, f"/etc/evil/{name}": content, f"bomb/{name}": bomb})
    small.point_at("export.zip")
    before = {path for path in small.inbox.folder.parent.rglob("*") if small.inbox.home.path not in path.parents}
    loaded = small.read()
    after = {path for path in small.inbox.folder.parent.rglob("*") if small.inbox.home.path not in path.parents}
    assert after == before
    assert not Path("/etc/evil").exists()
    for file, rows in small.whole.items():
        assert loaded[file] == rows
    assert "not unpacked" in small.inbox.reasons()[f"bomb/{name}"]


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


WRONG_VALUES = [None, 1e308, 2**70, "", "'; drop table x; --", [[[]]], {"$": -1}, True]


def test_wrong_types_in_json(small):
    """Values of each JSON file in turn become something else, or are missing."""
    broken = []
    for path in small.used():
        if path.suffix == ".json":
            export = json.loads(path.read_text(encoding="utf-8"))
            for number, wrong in enumerate(WRONG_VALUES):
                variants = _changed(export, wrong)
                step = max(1, len(variants) // 5)
                broken += [(path, json.dumps(variant).encode()) for variant in variants[number % step :: step]]
    for (_, account), (_, content) in zip(small.with_broken(broken), broken, strict=True):
        assert account.rows_read or account.outcome in LEFT_OUT or b"[]" in content, (content, account)


WRONG_WORDS = ["", "-1", "1e999", "9" * 400, "NaN", "'; drop table x; --", "漢\u2028字", "0001-01-01", "99999-01-01"]


def test_wrong_values_in_text(small):
    """Words of each file that is no JSON in turn become something else."""
    broken = []
    for path in small.used():
        if path.suffix != ".json":
            text = path.read_text(encoding="utf-8")
            words = list(re.finditer(r"[\w.:-]+", text))
            for number, wrong in enumerate(WRONG_WORDS):
                step = max(1, len(words) // 3)
                for word in words[number % step :: step]:
                    broken.append((path, (text[: word.start()] + wrong + text[word.end() :]).encode()))
    for (_, account), (_, content) in zip(small.with_broken(broken), broken, strict=True):
        assert account.rows_read or account.outcome in LEFT_OUT, (content, account)
