"""Damage in text files that DuckDB's readers would not tell of, or tell of as something else."""

from __future__ import annotations

import mmap
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

_CHUNK = 1 << 20
# Half of a character beyond the first 65,536, as JSON writes it; whole ones are two of them, one after the other.
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_SURROGATES = re.compile(rb"%b(?:%b)?|%b" % (_HIGH, _LOW, _LOW))
_HALF, _REPLACEMENT = 6, rb"\ufffd"


def with_whole_characters(path: Path, copy_to: Path) -> Path:
    """A JSON file without halves of characters, which the reader refuses along with all of the file.

    Programs that cut texts by their length leave them behind. Each becomes the replacement character.

    Args:
        copy_to: where the mended file may be written; may be `path` itself.

    Returns:
        The file to read: `path`, where there is nothing to mend.
    """
    if path.stat().st_size == 0:
        return path
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        halves = list(_halves(content))
    if not halves:
        return path
    if copy_to != path:
        shutil.copyfile(path, copy_to)
    with copy_to.open("r+b") as handle:
        for place in halves:
            handle.seek(place)
            handle.write(_REPLACEMENT)
    return copy_to


def _halves(content: mmap.mmap) -> Iterator[int]:
    for found in _SURROGATES.finditer(content):
        start = found.start()
        # After an odd number of backslashes this one is a backslash of the text's, and begins nothing.
        before = start
        while before and content[before - 1] == ord("\\"):
            before -= 1
        if found.end() - start == _HALF and (start - before) % 2 == 0:
            yield start


class Line(NamedTuple):
    """A line of a text file: its number, and the bytes it lies between, its end not among them."""

    number: int
    start: int
    stop: int


def lines_longer_than(path: Path, limit: int, end: bytes = b"\n") -> Iterator[Line]:
    """The lines that are longer than so many bytes, their end counted; `limit` is not below a MiB.

    DuckDB leaves out lines that do not fit its buffer, and tells of none of them.
    """
    if path.stat().st_size < limit:
        return
    number, start, at = 1, 0, 0
    with path.open("rb") as handle:
        # Lines within a chunk are short: only what reaches from one into another is measured.
        while chunk := handle.read(_CHUNK):
            if ends := chunk.count(end):
                stop = at + chunk.index(end)
                if stop - start >= limit:
                    yield Line(number, start, stop)
                number, start = number + ends, at + chunk.rindex(end) + 1
            at += len(chunk)
    if at - start >= limit:
        yield Line(number, start, at)


def without(lines: Sequence[Line], path: Path, copy_to: IO[bytes]) -> None:
    """Copies a text file with nothing but their ends left of these lines, so that all others keep their numbers."""
    with path.open("rb") as text:
        for line in lines:
            _copy(text, copy_to, line.start)
            # A carriage return before the end belongs to it.
            text.seek(line.stop - 1)
            if (last := text.read(1)) == b"\r":
                copy_to.write(last)
        _copy(text, copy_to, path.stat().st_size)
    copy_to.flush()


def _copy(text: IO[bytes], copy_to: IO[bytes], stop: int) -> None:
    while chunk := text.read(min(_CHUNK, stop - text.tell())):
        copy_to.write(chunk)


def line_end(path: Path) -> bytes:
    """The byte that ends the lines of a file in which all end alike."""
    with path.open("rb") as text:
        return b"\n" if any(b"\n" in chunk for chunk in iter(lambda: text.read(_CHUNK), b"")) else b"\r"


def lines_within_quotes(path: Path, start: int, delimiter: str) -> int:
    """How many lines a CSV row takes that begins at a byte and has a quote that is closed late or never.

    The row ends with the line in which the quote is closed, or with the file.
    """
    opening = re.compile(rb"(?:\A|" + re.escape(delimiter.encode()) + rb')[ \t]*"')
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end_of_line = _find(content, b"\n", start)
        opened = opening.search(content[start:end_of_line])
        if opened is None:
            return 1
        place = start + opened.end()
        while (place := _find(content, b'"', place)) < len(content) and content[place + 1 : place + 2] == b'"':
            place += 2
        end = min(_find(content, b"\n", place) + 1, len(content))
        lines, at = 0, start
        while at < end:
            at, lines = _find(content, b"\n", at) + 1, lines + 1
        return lines


def _find(content: mmap.mmap, wanted: bytes, start: int) -> int:
    """Where it stands next; the end where it does not."""
    found = content.find(wanted, start)
    return len(content) if found < 0 else found
