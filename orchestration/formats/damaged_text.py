"""Damage in text files that DuckDB's readers would not tell of, or tell of as something else."""

from __future__ import annotations

import mmap
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

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


def line_longer_than(path: Path, limit: int) -> int | None:
    """The number of the first line that is longer than so many bytes, by a MiB at most; None where there is none.

    DuckDB leaves out lines that do not fit its buffer, and tells of none of them.
    """
    if path.stat().st_size <= limit:
        return None
    lines, length = 1, 0
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            ends = chunk.count(b"\n")
            length += len(chunk) if not ends else chunk.index(b"\n")
            if length > limit:
                return lines
            if ends:
                lines, length = lines + ends, len(chunk) - chunk.rindex(b"\n") - 1
    return None


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
