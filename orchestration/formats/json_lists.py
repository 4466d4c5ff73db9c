"""Finding the one list in a JSON file that is too large for memory, by its brackets alone."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_CHUNK = 8 << 20
_LOOK_BACK = 4096
_REST_KEPT = 16 << 20
_BLANKS = b" \t\r\n"
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*$', re.DOTALL)


class NotAList(Exception):
    """The file holds no such list; the text is the reason."""


@dataclass(frozen=True)
class _Place:
    """Where a list lies in its file: from its opening bracket to behind the closing one."""

    start: int
    stop: int


@contextmanager
def the_list_alone(path: Path, key: str | None) -> Iterator[tuple[Path, str]]:
    """A file that holds nothing but the list, and the text around it with `null` in its place.

    Brackets and quotes are checked to the end of the file; what lies between them is for the reader of the list.

    Args:
        key: the key of the file's object under which the list lies, or the keys that lead to it, joined by dots; None:
            the file is the list.

    Raises:
        NotAList: the file ends too early, is something else, or holds no such list.
    """
    size = path.stat().st_size
    place = _find(path, key)
    if place.start + (size - place.stop) > _REST_KEPT:
        raise NotAList(f"expected no more than {_REST_KEPT >> 20} MB beside its list")
    with path.open("rb") as text:
        before = text.read(place.start).removeprefix(codecs.BOM_UTF8)
        text.seek(place.stop)
        after = text.read()
        if key is None:
            if before.strip(_BLANKS) or after.strip(_BLANKS):
                raise NotAList("not valid JSON (cut off?)")
            yield path, "null"
            return
        with tempfile.NamedTemporaryFile(prefix="stillhere-", suffix=".json") as copy:
            text.seek(place.start)
            _copy(text, copy, place.stop - place.start)
            yield Path(copy.name), (before + b"null" + after).decode()


@contextmanager
def each_list_alone(path: Path, keys: Collection[str]) -> Iterator[dict[str, Path]]:
    """A file for each of the lists that lie in a JSON object under these keys, as far as they are there.

    Of the rest of the object only brackets and quotes are checked.

    Raises:
        NotAList: the file ends too early, or is no object.
    """
    places: dict[str, _Place] = {}
    starts: dict[str, int] = {}
    depth, first, open_key = 0, b"", None
    for at, bracket, depth, before in _brackets(path, wanted_depth=2):
        first = first or bracket
        if bracket == b"[" and depth == 2 and (found := _KEY.search(before)):
            key = found[1].decode(errors="replace")
            if key in keys and key not in starts:
                starts[key], open_key = at, key
        elif bracket == b"]" and depth == 1 and open_key:
            places[open_key], open_key = _Place(starts[open_key], at + 1), None
    if depth != 0 or open_key:
        raise NotAList("not valid JSON (cut off?)")
    if first != b"{":
        raise NotAList("expected a JSON object, found " + ("array" if first == b"[" else "none"))
    with tempfile.TemporaryDirectory(prefix="stillhere-") as folder, path.open("rb") as text:
        copies = {key: Path(folder) / f"{number}.json" for number, key in enumerate(places)}
        for key, place in places.items():
            text.seek(place.start)
            with copies[key].open("wb") as copy:
                _copy(text, copy, place.stop - place.start)
        yield copies


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size and (chunk := source.read(min(size, _CHUNK))):
        target.write(chunk)
        size -= len(chunk)
    target.flush()


def _find(path: Path, key: str | None) -> _Place:
    """Walks over all brackets outside strings; the first list at the right depth under the right keys is the one."""
    keys = [None, *key.split(".")] if key is not None else [None]
    wanted_depth = len(keys)
    start = stop = None
    # How many of the brackets that are open now lead to the list.
    depth, leading, first = 0, 0, b""
    for at, bracket, new_depth, before in _brackets(path, wanted_depth):
        first = first or bracket
        depth = new_depth
        if bracket == b"" or (start is not None and stop is not None):
            continue
        if start is not None:
            if bracket == b"]" and depth == wanted_depth - 1:
                stop = at + 1
        elif depth <= leading:
            leading = depth
        elif (
            depth == leading + 1
            and bracket == (b"[" if depth == wanted_depth else b"{")
            and _is_under(keys[leading], before)
        ):
            leading = depth
            start = at if depth == wanted_depth else None
    if depth != 0 or (start is not None and stop is None):
        raise NotAList("not valid JSON (cut off?)")
    if start is None or stop is None:
        if key is None:
            raise NotAList("expected a JSON list, found " + ("object" if first == b"{" else "none"))
        raise NotAList(f"expected a JSON list under {key}, found none")
    return _Place(start, stop)


def _is_under(key: str | None, before: bytes) -> bool:
    if key is None:
        return True
    found = _KEY.search(before)
    return found is not None and found[1] == key.encode()


def _brackets(path: Path, wanted_depth: int) -> Iterator[tuple[int, bytes, int, bytes]]:
    """The brackets outside strings by which the depth passes `wanted_depth`: place, bracket, depth after it, and the
    bytes before it. Last comes an empty bracket with the depth at the end (-1 within a string).

    Only those are handed out, few as they are; the many below are counted by numpy.
    """
    import numpy as np

    meaning = np.zeros(256, dtype=np.int8)
    for sign, delta in ((b"{", 1), (b"[", 1), (b"}", -1), (b"]", -1)):
        meaning[sign[0]] = delta
    meaning[ord('"')] = 2
    depth, in_string, offset, tail = 0, 0, 0, b""
    with path.open("rb") as text:
        while chunk := _whole_escapes(text):
            # Pairs go from the left, so that what is left of a run before a quote tells whether it is escaped.
            plain = chunk.replace(b"\\\\", b"__").replace(b'\\"', b"__")
            signs = meaning[np.frombuffer(plain, dtype=np.uint8)]
            places = np.flatnonzero(signs)
            kinds = signs[places]
            quotes = kinds == 2
            outside = ((in_string + np.cumsum(quotes)) % 2 == 0) & ~quotes
            in_string = int((in_string + quotes.sum()) % 2)
            places, kinds = places[outside], kinds[outside].astype(np.int64)
            depths = depth + np.cumsum(kinds)
            opens = (kinds > 0) & (depths <= wanted_depth)
            closes = (kinds < 0) & (depths < wanted_depth)
            for i in np.flatnonzero(opens | closes):
                place = int(places[i])
                before = (tail + chunk[max(0, place - _LOOK_BACK) : place])[-_LOOK_BACK:]
                yield offset + place, chunk[place : place + 1], int(depths[i]), before
            depth = int(depths[-1]) if len(depths) else depth
            offset += len(chunk)
            tail = (tail + chunk[-_LOOK_BACK:])[-_LOOK_BACK:]
    yield offset, b"", -1 if in_string else depth, b""


def _whole_escapes(text: IO[bytes]) -> bytes:
    """The next bytes of a file, never ended within a run of backslashes."""
    chunk = text.read(_CHUNK)
    while chunk.endswith(b"\\") and (more := text.read(1)):
        chunk += more
    return chunk
