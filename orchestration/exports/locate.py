"""Finding a source's exports (folder, file, archive, glob) and handing out their files, safely.

Names inside archives are only ever labels: a member's bytes go to a numbered file of our own, so that no name can
lead out of the working folder. Archives within exports are opened too, as far as `MAX_NESTING`; what all of them unpack
to counts against the size of the outermost.
"""

from __future__ import annotations

import codecs
import glob
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from orchestration.errors import ExportsError, UserError
from orchestration.exports.remote import Place, RemoteObject
from orchestration.formats.base import RAW_KEPT_CHARACTERS

_CHUNK = 1 << 20
# A member that unpacks to more than this many times its packed size is a bomb rather than an export (JSON packs 10-20
# times); small members may pack better than that by chance. The same holds for all members of an archive together.
_BOMB_RATIO = 500
_BOMB_BYTES = 64 << 20
# A zip in a zip in a zip; whatever is packed deeper is told, and not opened.
MAX_NESTING = 3

_IRREGULAR = "not a regular file"

# What broken files and archives raise; a member's name that is no UTF-8 is a UnicodeDecodeError.
UNREADABLE = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    UnicodeDecodeError,
)


class Budget:
    """How much an outermost archive may unpack to, over all that is packed within it."""

    def __init__(self, packed: int):
        self.packed = packed
        self._left = max(_BOMB_BYTES, _BOMB_RATIO * packed)

    def allows(self, size: int) -> bool:
        """Whether there is room for that much more; takes it if so."""
        if size > self._left:
            return False
        self._left -= size
        return True


@dataclass(frozen=True)
class Export:
    """One export of a source: a folder, a single file, or an archive.

    Attributes:
        name: how it is called in the ledger: its path as found, or its URL.
        path: where it lies; None: elsewhere (see `remote`).
        kind: "folder", "file", "zip" or "tar".
        remote: what it consists of, where it lies elsewhere: one object, or those of a folder.
    """

    name: str
    path: Path | None
    kind: str
    remote: tuple[RemoteObject, ...] = ()

    def local(self) -> Path:
        """Where the bytes of a file or archive lie on this machine; fetches them first if they are elsewhere.

        Raises:
            ExportsError: they cannot be fetched.
        """
        return self.remote[0].fetch() if self.path is None else self.path

    def size(self) -> int:
        """Its bytes as far as they are known without reading it; 0 for a folder."""
        if self.path is None:
            return self.remote[0].size or 0 if self.remote and self.kind != "folder" else 0
        return self.path.stat().st_size if self.path.exists() else 0


@dataclass(frozen=True)
class ExportFile:
    """One file of an export.

    Attributes:
        name: its name within the export.
        open: a way to read its bytes.
        path: where they lie, if it is a plain file.
        problem: why it must not be read.
        is_opaque: what lies in it cannot be known by its name, so that it is told whatever the format needs.
        budget: what the archive that it came out of may still unpack to.
        known_sha256: its hash, where that is known without reading it.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    path: Path | None = None
    problem: str | None = None
    is_opaque: bool = False
    budget: Budget | None = None
    known_sha256: str | None = None


@dataclass(frozen=True)
class Fingerprint:
    """What reading a file once told: its hash and size, whether it is UTF-8 throughout, and how it begins."""

    sha256: str
    size: int
    problem: str | None
    head: str


def find(path: str, base: Path, where: str) -> list[Export]:
    """The exports at a path, in the order of their names.

    Args:
        path: absolute folder, file, archive, or glob.
        base: the folder that names are given relative to, where they lie below it.
        where: the config key, for the message.

    Raises:
        ExportsError: nothing lies there.
    """
    here = Path(path)
    # The base's own name is no pattern, whatever is in it. `Path.glob` would find hidden files as well.
    root = base if here.is_relative_to(base) else Path(here.anchor)
    matches = glob.glob(str(here.relative_to(root)), root_dir=root, recursive=True)  # noqa: PTH207
    # `Path.exists` raises where a name is too long for any file.
    found = [here] if os.path.exists(here) else [root / match for match in sorted(matches)]  # noqa: PTH110
    if not found:
        raise ExportsError(
            f"{where}: {path}: nothing lies there. Expected a folder, a file, a .zip or .tar.gz, a glob, or a URL."
        )
    return [
        Export(
            _label(entry.relative_to(base).as_posix() if entry.is_relative_to(base) else str(entry)),
            entry,
            "folder" if entry.is_dir() else "file" if _is_irregular(entry) else kind_of(entry.name),
        )
        for entry in found
    ]


def find_elsewhere(place: Place) -> list[Export]:
    """The exports at a URL, in the order of their names.

    Raises:
        ExportsError: nothing lies there, or it cannot be reached.
    """
    return [
        Export(
            found.url,
            None,
            "folder" if found.is_folder else "zip" if found.is_zip else kind_of(found.url),
            found.objects,
        )
        for found in place.find()
    ]


def _label(name: str) -> str:
    """A file's name as text that can be stored: bytes of it that are no UTF-8 as `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def kind_of(name: str) -> str:
    """What a file is by its name: "zip", "tar", "gz" (one file, packed), or "file"."""
    name = name.lower()
    if name.endswith(".zip"):
        return "zip"
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        return "tar"
    return "gz" if name.endswith(".gz") and not name.rsplit("/", 1)[-1].startswith("._") else "file"


def _is_irregular(path: Path) -> bool:
    """Whether it is a pipe, a device or the like."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def files(export: Export, without: Path) -> Iterator[Iterator[ExportFile]]:
    """The files of an export in the order of their names, while its archive is open.

    Args:
        without: a folder whose files are none of the export's, should it lie within: the home.

    Raises:
        UNREADABLE: the export as a whole cannot be opened.
        ExportsError: it lies elsewhere and cannot be fetched.
    """
    if export.kind in ("zip", "tar"):
        path = export.local()
        with members(path, export.kind, Budget(path.stat().st_size)) as found:
            yield found
    elif export.path is None:
        yield (_elsewhere(found) for found in sorted(export.remote, key=lambda found: found.name))
    elif export.kind == "folder":
        yield _in_folder(export.path, without.resolve())
    else:
        path = export.path
        # Reading a pipe would wait for whoever writes to it, and a device may never end.
        problem = _IRREGULAR if _is_irregular(path) else None
        size, is_opaque = path.stat().st_size, problem is not None
        yield iter([ExportFile(export.name, size, lambda: path.open("rb"), _plain(path), problem, is_opaque)])


@contextmanager
def members(archive: Path, kind: str, budget: Budget, name: str = "") -> Iterator[Iterator[ExportFile]]:
    """The files of an archive in the order of their names, while it is open.

    Args:
        kind: "zip", "tar" or "gz".
        budget: what they may unpack to, all together.
        name: what the archive is called within its export, if it is not the export itself.

    Raises:
        UNREADABLE: it cannot be opened.
    """
    if kind == "gz":
        # Its one file goes by the name without the ending.
        yield iter([ExportFile(name[: -len(".gz")], 0, lambda: _unpacked(archive, budget), budget=budget)])
        return
    prefix = f"{name}/" if name else ""
    with zipfile.ZipFile(archive) if kind == "zip" else tarfile.open(archive) as container:
        inside = _in_zip(container) if isinstance(container, zipfile.ZipFile) else _in_tar(container)
        yield (replace(member, name=prefix + member.name) for member in _no_bombs(inside, budget))


def _elsewhere(found: RemoteObject) -> ExportFile:
    return ExportFile(found.name, found.size or 0, lambda: found.fetch().open("rb"), known_sha256=found.known_sha256)


def _plain(path: Path) -> Path | None:
    """The path itself; None where its name is no UTF-8, so that only a copy can be handed to DuckDB."""
    return path if _label(str(path)) == str(path) else None


def _in_folder(root: Path, without: Path) -> Iterator[ExportFile]:
    inside = root.resolve()
    # A linked folder is not gone into: it may lead in circles.
    for path in sorted(entry for entry in root.rglob("*") if entry.is_symlink() or not entry.is_dir()):
        name = _label(path.relative_to(root).as_posix())
        # Not `Path.resolve`, which raises where links lead in circles.
        problem, target = None, Path(os.path.realpath(path))
        if target.is_relative_to(without):
            continue
        is_folder = path.is_dir()
        if not target.is_relative_to(inside):
            problem = "a link that leads out of the export's folder"
        elif is_folder:
            continue  # its files are read where they lie
        elif not path.is_file():
            problem = _IRREGULAR
        size = 0 if problem else path.stat().st_size
        yield ExportFile(name, size, lambda path=path: path.open("rb"), _plain(path), problem, is_folder)


def _in_zip(archive: zipfile.ZipFile) -> Iterator[ExportFile]:
    for info in sorted(archive.infolist(), key=lambda entry: entry.filename):
        if info.is_dir():
            continue
        problem = None
        if info.flag_bits & 0x1:
            problem = "encrypted"
        elif info.file_size > _BOMB_BYTES and info.file_size > _BOMB_RATIO * max(info.compress_size, 1):
            problem = f"unpacks to {info.file_size} bytes from {info.compress_size}: not unpacked"
        yield ExportFile(_label(info.filename), info.file_size, lambda info=info: archive.open(info), None, problem)


def _in_tar(archive: tarfile.TarFile) -> Iterator[ExportFile]:
    for info in sorted(archive.getmembers(), key=lambda entry: entry.name):
        if info.isdir():
            continue
        problem = None if info.isfile() else "a link or device inside an archive"
        yield ExportFile(_label(info.name), info.size, lambda info=info: _tar_member(archive, info), None, problem)


def _no_bombs(members: Iterator[ExportFile], budget: Budget) -> Iterator[ExportFile]:
    """Refuses what members unpack to beyond all measure of the outermost archive."""
    for member in members:
        if not member.problem and not budget.allows(member.size):
            member = replace(member, problem=_too_much(budget))
        yield replace(member, budget=budget)


def _too_much(budget: Budget) -> str:
    return f"the archive unpacks to far more than its {budget.packed} bytes: not unpacked"


def _unpacked(archive: Path, budget: Budget) -> IO[bytes]:
    packed = gzip.GzipFile(archive)
    return _Bounded(packed, (Budget(archive.stat().st_size), budget))  # type: ignore[return-value,arg-type]


class _Bounded(io.RawIOBase):
    """Bytes of a packed file that does not say how many there will be."""

    def __init__(self, packed: IO[bytes], budgets: tuple[Budget, ...]):
        self._packed, self._budgets = packed, budgets

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._packed.read(_CHUNK if size < 0 else size)
        for budget in self._budgets:
            if not budget.allows(len(chunk)):
                raise OSError(_too_much(budget))
        return chunk

    def close(self) -> None:
        self._packed.close()
        super().close()


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    handle = archive.extractfile(info)
    assert handle is not None  # only regular files are asked for
    return handle


# How files begin that are often taken for text, and what to do with them.
_UTF_16 = "it is UTF-16; save it as UTF-8"
_TELLING_STARTS = {
    codecs.BOM_UTF16_LE: f"{_UTF_16} (in Excel, as CSV UTF-8)",
    codecs.BOM_UTF16_BE: _UTF_16,
    b"PK\x03\x04": "it is a spreadsheet (save it as CSV UTF-8) or an archive",
    b"\xd0\xcf\x11\xe0": "it is an old spreadsheet; save it as CSV UTF-8",
    b"PAR1": "it is Parquet; name it .parquet",
}


def read_once(file: ExportFile, is_text: bool, copy_to: Path | None) -> Fingerprint:
    """Reads a file's bytes once: hashes them, checks that text is UTF-8, and copies them where asked to.

    Raises:
        UNREADABLE: the bytes cannot be read to their end.
        UserError: the copy cannot be written (disk full).
    """
    digest, decoder, problem, size, head = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), None, 0, b""
    out = copy_to.open("wb") if copy_to else None
    try:
        with file.open() as handle:
            while chunk := handle.read(_CHUNK):
                digest.update(chunk)
                if not head:
                    head = chunk[:RAW_KEPT_CHARACTERS]
                    if is_text and _is_bare_utf16(head):
                        problem = f"not UTF-8 text: {_UTF_16}"
                if is_text and problem is None:
                    problem = _not_utf8(decoder, chunk, size, head)
                size += len(chunk)
                if out:
                    _write(out, chunk)
        if is_text and problem is None:
            problem = _not_utf8(decoder, b"", size, head, final=True)
        if size == 0:
            problem = "empty file"
    finally:
        if out:
            with suppress(OSError):  # every chunk was flushed, or it has been told that it could not be
                out.close()
    return Fingerprint(digest.hexdigest(), size, problem, _as_text(head))


def head_of(file: ExportFile) -> str | None:
    """How a file begins that could not be read to its end; None where not even that can be read."""
    try:
        with file.open() as handle:
            return _as_text(handle.read(RAW_KEPT_CHARACTERS))
    except UNREADABLE:
        return None


def _as_text(head: bytes) -> str:
    """Bytes as text that can be stored; those that are no UTF-8 as `\\xff`."""
    return head.decode("utf-8", "backslashreplace")


def _write(out: IO[bytes], chunk: bytes) -> None:
    try:
        out.write(chunk)
        out.flush()  # here and not on closing, where a full disk would pass for a file that cannot be read
    except OSError as error:
        raise UserError(
            f"{out.name}: cannot write there: {error.strerror}. Make room, or set TMPDIR to another disk."
        ) from error


def _is_bare_utf16(head: bytes) -> bool:
    """Whether a text begins as UTF-16 without a byte order mark: every other byte of most characters is 0."""
    fewer, more = sorted((head[::2].count(0), head[1::2].count(0)))
    has_mark = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return len(head) > 1 and more * 4 >= len(head) and fewer * 4 <= more and not has_mark


def _not_utf8(
    decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, head: bytes, final: bool = False
) -> str | None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        what = next((f": {words}" for start, words in _TELLING_STARTS.items() if head.startswith(start)), "")
        return f"not UTF-8 text (near byte {offset + error.start}){what}"
    return None
