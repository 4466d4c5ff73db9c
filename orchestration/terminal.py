"""Strangers' words on a terminal: names of files, cells and texts may hold what drives it, or forge a line of ours."""

from __future__ import annotations

import re

# Control characters, ends of lines and paragraphs, marks that turn the direction of writing, and halves of characters.
_DRIVING = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_DRIVING_LINES = re.compile(_DRIVING.pattern.replace("\x0a-\x1f", "\x0b-\x1f"))


def on_one_line(text: str) -> str:
    """A text that shows as it is, on the line it stands in: what would drive a terminal is written out, as `\\x1b`."""
    return _DRIVING.sub(_written_out, text)


def harmless(text: str) -> str:
    """The same for a text of ours with lines of its own."""
    return _DRIVING_LINES.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode("ascii")
