"""The list of the erased: `<home>/erased.json`. It keeps nobody's id and no name, only what recognises them.

An id or a name is kept as its hash under a secret of this home, so that a row of a later export can be told to be an
erased person's without anybody being able to read from the list who that is. The secret lies in the same file: whoever
has the file *and* an id can ask whether it was erased, which is what every load does.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import HomeError
from orchestration.home import Home, put_file

if TYPE_CHECKING:
    import duckdb

# What the SQL of `orchestration.formats` calls; see `orchestration.formats.people`.
MEMBER, NAME, PERSON = "member", "name", "person"
_WORD = re.compile(r"\w+")
# Names of files are searched for names of people; longer ones are matched whole only.
_MOST_WORDS = 8
_FIELDS = ("kind", "hash", "words", "erased_at")


@dataclass(frozen=True)
class ErasedList:
    """The erased of a home.

    Attributes:
        secret: what the hashes are made with.
        entries: one a hash: `kind`, `hash`, `words` (how many words a name has) and `erased_at`.
    """

    secret: str
    entries: tuple[dict[str, Any], ...] = field(default=())

    @classmethod
    def of(cls, home: Home) -> ErasedList:
        """The list of a home; an empty one, with a secret that is not kept yet, where nobody was erased.

        Raises:
            HomeError: the file is there and cannot be read: loading on would bring erased people back.
        """
        try:
            found = json.loads(file_of(home).read_text(encoding="utf-8"))
            entries = tuple({name: entry[name] for name in _FIELDS} for entry in found["entries"])
            return cls(str(found["secret"]), entries)
        except FileNotFoundError:
            return cls(secrets.token_hex(32))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HomeError(
                f"{file_of(home)}: the list of those who were erased cannot be read ({error}). Put it back from a"
                " backup: without it the next load would bring them back."
            ) from None

    def hash_of(self, kind: str, text: str) -> str:
        """The hash by which an id or a name is recognised."""
        return hashlib.sha256(f"{self.secret}{kind}:{text}".encode()).hexdigest()

    def with_people(self, found: Iterable[tuple[str, str]], erased_at: str) -> ErasedList:
        """The list with more on it; what it has already stays as it is.

        Args:
            found: kind and text: ("member", "slack:U1"), ("person", "anna"), ("name", "Anna Berg").
        """
        known = {entry["hash"] for entry in self.entries}
        more = []
        for kind, text in found:
            for spelling in sorted(_spellings(kind, text)):
                if (hashed := self.hash_of(kind, spelling)) not in known:
                    known.add(hashed)
                    words = len(_WORD.findall(spelling)) if kind == NAME else 0
                    more.append({"kind": kind, "hash": hashed, "words": words, "erased_at": erased_at})
        return ErasedList(self.secret, (*self.entries, *more))

    def write(self, home: Home) -> None:
        """Puts the list in its place in one step; nobody but its owner can read it."""
        content = json.dumps({"secret": self.secret, "entries": self.entries}, indent=1).encode()
        put_file(file_of(home), content)
        file_of(home).chmod(0o600)

    def has(self, kind: str, text: str) -> bool:
        """Whether somebody of that id or name was erased."""
        return any(self.hash_of(kind, spelling) in self._hashes for spelling in _spellings(kind, text))

    def redacted(self, text: str) -> str:
        """A file's name or a message, with a mark in place of each id or name of somebody erased.

        The mark tells one erased name from another, so that two files stay two.
        """
        lengths = sorted({e["words"] for e in self.entries if 0 < e["words"] <= _MOST_WORDS}, reverse=True)
        for words in lengths:
            found, place, parts = list(_WORD.finditer(text)), 0, []
            at = 0
            while at + words <= len(found):
                start, end = found[at].start(), found[at + words - 1].end()
                if (hashed := self.hash_of(NAME, text[start:end])) in self._hashes:
                    parts += [text[place:start], f"erased-{hashed[:8]}"]
                    place, at = end, at + words
                else:
                    at += 1
            text = "".join([*parts, text[place:]])
        return text

    def teach(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes the macros `is_erased(member_id)` (see `orchestration.formats.people`) and `is_erased_person(id)`."""
        for macro, kind in (("is_erased", MEMBER), ("is_erased_person", PERSON)):
            hashes = [entry["hash"] for entry in self.entries if entry["kind"] == kind]
            connection.execute(f"set variable {macro} = $hashes::varchar[]", {"hashes": hashes})
            connection.execute(
                f"create or replace temp macro {macro}(id) as coalesce("
                f"list_contains(getvariable('{macro}'), sha256('{self.secret}{kind}:' || id)), false)"
            )

    @cached_property
    def _hashes(self) -> set[str]:
        return {entry["hash"] for entry in self.entries}


def _spellings(kind: str, text: str) -> set[str]:
    """The texts of which one is looked for: a name also without what stands around its words, as in `Ann!`."""
    words = list(_WORD.finditer(text))
    if kind != NAME or not words:
        return {text}
    return {text.strip(" "), text[words[0].start() : words[-1].end()]}


def can_be_part_of_a_name(name: str) -> bool:
    """Whether a file may be named after it: a short number in a file's name means something else."""
    return len(name) > 1 and (not name.isdigit() or len(name) > 5)


def file_of(home: Home) -> Path:
    """Where the list lies."""
    return home.path / "erased.json"
