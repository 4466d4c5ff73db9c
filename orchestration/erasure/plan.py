"""What an erasure still has to do, on disk until it is done: `<home>/erasing.json`.

It is the one file that holds whom an erasure is about. It is written before anything is touched, and goes last; in
between, a killed erasure can be completed by whoever comes next.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from orchestration.errors import HomeError
from orchestration.home import Home, put_file


@dataclass(frozen=True)
class Plan:
    """An erasure.

    Attributes:
        erased_at: when it was asked for, as an ISO instant in UTC.
        accounts: the ids as they are published, with those by which others' rows know them.
        persons: the person's ids in the identities file.
        names: what they are called.
        found: by source, how many rows of theirs the lake held, and how many of others that name them.
        weeks: the published weeks that were up to date, each with what its figures stood on; None: not looked at yet.
    """

    erased_at: str
    accounts: tuple[str, ...]
    persons: tuple[str, ...]
    names: tuple[str, ...]
    found: dict[str, tuple[int, int]]
    weeks: dict[str, str] | None = None

    def with_weeks(self, weeks: dict[str, str]) -> Plan:
        """The same, once the published weeks were looked at."""
        return replace(self, weeks=weeks)

    def write(self, home: Home) -> None:
        """Puts it on disk; nobody but its owner can read it."""
        put_file(file_of(home), json.dumps(asdict(self)).encode())
        file_of(home).chmod(0o600)


def pending(home: Home) -> Plan | None:
    """The erasure that was begun and not completed, if there is one.

    Raises:
        HomeError: the file is there and cannot be read: nobody can tell who is half erased.
    """
    # What a process was killed while writing.
    file_of(home).with_name(f".{file_of(home).name}.part").unlink(missing_ok=True)
    try:
        found = json.loads(file_of(home).read_text(encoding="utf-8"))
        lists = {name: tuple(found[name]) for name in ("accounts", "persons", "names")}
        return Plan(**{**found, **lists, "found": {source: tuple(rows) for source, rows in found["found"].items()}})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HomeError(
            f"{file_of(home)}: cannot be read: {error}. It says whom an erasure is about that was begun and not"
            " completed. Put it back from a backup. Without one, begin a new home (--home): put erased.json there, if"
            " there is one in this home, and have that person forgotten there again."
        ) from None


def file_of(home: Home) -> Path:
    """Where the plan lies."""
    return home.path / "erasing.json"
