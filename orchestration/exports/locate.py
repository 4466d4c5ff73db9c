"""Finding a source's exports (folder, file, archive, glob) and handing out their files, safely.

Names inside archives are only ever labels: a member's bytes go to a numbered file of our own, so that no name can
lead out of the working folder.
"""

from __future__ import annotations

import codecs
import glob
import hashlib
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from orchestration.errors import ExportsError, UserError

_CHUNK = 1 << 20
# A member that unpacks to more than this many times its packed size is a bomb rather than an export (JSON packs 10-20
# times); small members may pack better than that by chance. The same holds for all members of an archive together.
_BOMB_RATIO = 500
_BOMB_BYTES = 64 << 20

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


@dataclass(frozen=True)
class Export:
    """One export of a source: a folder, a single file, or an archive.

    Attributes:
        name: how it is called in the ledger: its path as found.
        path: where it lies.
        kind: "folder", "file", "zip" or "tar".
    """

    name: str
    path: Path
    kind: str


@dataclass(frozen=True)
class ExportFile:
    """One file of an export: `name` within it, and a way to read its bytes. `problem`: why it must not be read."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    path: Path | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Fingerprint:
    """What reading a file once told: its hash and size, and whether it is UTF-8 throughout."""

    sha256: str
    size: int
    problem: str | None


def find(path: str, base: Path, where: str) -> list[Export]:
    """The exports at a path, in the order of their names.

    Args:
        path: absolute folder, file, archive, or glob.
        base: the folder that names are given relative to, where they lie below it.
        where: the config key, for the message.

    Raises:
        ExportsError: nothing lies there.
    """
    if "://" in path:
        raise ExportsError(f"{where}: {path}: remote paths are not supported yet; copy the export to a local folder.")
    here = Path(path)
    # The base's own name is no pattern, whatever is in it. `Path.glob` would find hidden files as well.
    root = base if here.is_relative_to(base) else Path(here.anchor)
    matches = glob.glob(str(here.relative_to(root)), root_dir=root, recursive=True)  # noqa: PTH207
    found = [here] if here.exists() else [root / match for match in sorted(matches)]
    if not found:
        raise ExportsError(
            f"{where}: {path}: nothing lies there. Expected a folder, a file, a .zip or .tar.gz, or a glob."
        )
    return [
        Export(
            _label(entry.relative_to(base).as_posix() if entry.is_relative_to(base) else str(entry)),
            entry,
            _kind(entry),
        )
        for entry in found
    ]


def _label(name: str) -> str:
    """A file's name as text that can be stored: bytes of it that are no UTF-8 as `\\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _kind(path: Path) -> str:
    if path.is_dir():
        return "folder"
    name = path.name.lower()
    if name.endswith(".zip"):
        return "zip"
    return "tar" if name.endswith((".tar", ".tar.gz", ".tgz")) else "file"


@contextmanager
def files(export: Export, without: Path) -> Iterator[Iterator[ExportFile]]:
    """The files of an export in the order of their names, while its archive is open.

    Args:
        without: a folder whose files are none of the export's, should it lie within: the home.

    Raises:
        UNREADABLE: the export as a whole cannot be opened.
    """
    if export.kind == "folder":
        yield _in_folder(export.path, without.resolve())
    elif export.kind == "zip":
        with zipfile.ZipFile(export.path) as archive:
            yield _no_bombs(_in_zip(archive), export.path.stat().st_size)
    elif export.kind == "tar":
        with tarfile.open(export.path) as archive:
            yield _no_bombs(_in_tar(archive), export.path.stat().st_size)
    else:
        size = export.path.stat().st_size
        yield iter([ExportFile(export.name, size, lambda: export.path.open("rb"), _plain(export.path))])


def _plain(path: Path) -> Path | None:
    """The path itself; None where its name is no UTF-8, so that only a copy can be handed to DuckDB."""
    return path if _label(str(path)) == str(path) else None


def _in_folder(root: Path, without: Path) -> Iterator[ExportFile]:
    inside = root.resolve()
    for path in sorted(entry for entry in root.rglob("*") if not entry.is_dir()):
        name = _label(path.relative_to(root).as_posix())
        problem, target = None, path.resolve()
        if target.is_relative_to(without):
            continue
        if not target.is_relative_to(inside):
            problem = "a link that leads out of the export's folder"
        elif not path.is_file():
            problem = "not a regular file"
        size = 0 if problem else path.stat().st_size
        yield ExportFile(name, size, lambda path=path: path.open("rb"), _plain(path), problem)


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


def _no_bombs(members: Iterator[ExportFile], packed: int) -> Iterator[ExportFile]:
    """Refuses what members unpack to beyond all measure of the whole archive."""
    unpacked = 0
    for member in members:
        unpacked += 0 if member.problem else member.size
        if not member.problem and unpacked > max(_BOMB_BYTES, _BOMB_RATIO * packed):
            unpacked -= member.size
            yield replace(member, problem=f"the archive unpacks to far more than its {packed} bytes: not unpacked")
        else:
            yield member


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    handle = archive.extractfile(info)
    assert handle is not None  # only regular files are asked for
    return handle


def read_once(file: ExportFile, is_text: bool, copy_to: Path | None) -> Fingerprint:
    """Reads a file's bytes once: hashes them, checks that text is UTF-8, and copies them where asked to.

    Raises:
        UNREADABLE: the bytes cannot be read to their end.
        UserError: the copy cannot be written (disk full).
    """
    digest, decoder, problem, size = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), None, 0
    out = copy_to.open("wb") if copy_to else None
    try:
        with file.open() as handle:
            while chunk := handle.read(_CHUNK):
                digest.update(chunk)
                if is_text and problem is None:
                    problem = _not_utf8(decoder, chunk, size)
                size += len(chunk)
                if out:
                    _write(out, chunk)
        if is_text and problem is None:
            problem = _not_utf8(decoder, b"", size, final=True)
        if size == 0:
            problem = "empty file"
    finally:
        if out:
            with suppress(OSError):  # every chunk was flushed, or it has been told that it could not be
                out.close()
    return Fingerprint(digest.hexdigest(), size, problem)


def _write(out: IO[bytes], chunk: bytes) -> None:
    try:
        out.write(chunk)
        out.flush()  # here and not on closing, where a full disk would pass for a file that cannot be read
    except OSError as error:
        raise UserError(
            f"{out.name}: cannot write there: {error.strerror}. Make room, or set TMPDIR to another disk."
        ) from error


def _not_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, final: bool = False) -> str | None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        return f"not UTF-8 text (near byte {offset + error.start})"
    return None
