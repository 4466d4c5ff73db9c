"""Columns of table files: how a config names them, and which of those that a file has they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool

from orchestration.config import Timezone
from orchestration.formats.base import Options
from orchestration.formats.instants import known_pattern
from orchestration.formats.tabular_files import Unreadable

SINGLE_VALUE = "expected a text or a number"
_MAX_COLUMNS = 10_000


def _column(reference: Any) -> Any:
    if isinstance(reference, bool) or (isinstance(reference, str) and not reference.strip()):
        raise ValueError(f"{json.dumps(reference)}: expected the name of a column, or its number")
    if isinstance(reference, int) and not 1 <= reference <= _MAX_COLUMNS:
        raise ValueError(f"{reference}: columns without a header are counted from 1, up to {_MAX_COLUMNS:,}")
    return reference


def _delimiter_option(text: str) -> str:
    if text in ("auto", "whitespace") or (len(text) == 1 and text.isprintable() and text not in '"') or text == "\t":
        return text
    raise ValueError(f'{text!r}: expected one character such as ";", or "auto", or "whitespace"')


Column = Annotated[str | int, BeforeValidator(_column)]
# The names under which a platform's exports have a column: the first that is there. None among them: it may be missing.
Names = tuple[str | None, ...]
SourceName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]


class TabularOptions(Options):
    """Keys of every mapped format: how the file is cut into columns, and how its instants are written.

    Attributes:
        delimiter: one character, "whitespace" (any run of blanks), or "auto" (comma, semicolon, tab or bar).
        header: whether the first line names the columns; without it columns are numbers from 1.
        timezone: the zone of instants that bear none.
        instants: "auto" tells ISO, epoch seconds and epoch milliseconds apart; or a strptime pattern, "%d.%m.%Y %H:%M".
    """

    delimiter: Annotated[str, AfterValidator(_delimiter_option)] = "auto"
    header: StrictBool = True
    timezone: Timezone = "UTC"
    instants: Annotated[str, AfterValidator(known_pattern)] = "auto"


def mapped_columns(columns: Options) -> dict[str, Column]:
    """The columns that a config maps, by their key; `at` is a word of SQL's own, so the instant is `written_at`."""
    given = columns.model_dump(exclude_none=True)
    return {"written_at" if key == "at" else key: column for key, column in given.items()}


def as_raw(columns: Iterable[str], **instead: str) -> str:
    """SQL for a row's mapped columns as one JSON text: what the quarantine shows of a bad row.

    Args:
        instead: other SQL for some of the columns.
    """
    return "cast(to_json({" + ", ".join(f"'{name}': {instead.get(name, name)}" for name in columns) + "}) as varchar)"


def without_blanks(column: Column | Names) -> Column | Names:
    """A column as a header names it, without blanks around its name."""
    if isinstance(column, tuple):
        return tuple(name and name.strip() for name in column)
    return column.strip() if isinstance(column, str) else column


def names_of(columns: Mapping[str, Column | Names]) -> set[str]:
    """Every name that a column may have."""
    several = (column if isinstance(column, tuple) else (column,) for column in columns.values())
    return {name for names in several for name in names if isinstance(name, str)}


def shown_key(key: str) -> str:
    """What the config calls a mapped column."""
    return "at" if key == "written_at" else key


def chosen_columns(columns: Mapping[str, Column | Names], found: Sequence[str]) -> dict[str, Column | None]:
    """Which of the found columns is whose; None: it is not there, and need not be."""

    def choose(column: Column | Names) -> Column | None:
        if not isinstance(column, tuple):
            return column
        # One that is required and is not there is told by the name it is best known by.
        return next((name for name in column if name in found), None if None in column else column[0])

    chosen = {key: choose(column) for key, column in columns.items()}
    _require({key: column for key, column in chosen.items() if column is not None}, found)
    return chosen


def _require(columns: dict[str, Column], found: Sequence[str]) -> None:
    names = {shown_key(key): column for key, column in columns.items()}
    times = Counter(found)
    missing = [f"{key} = {c!r}" for key, c in names.items() if isinstance(c, str) and not times[c]]
    if missing:
        raise Unreadable(f"no such column: {', '.join(missing)}", found)
    unclear = [f"{key} = {c!r}" for key, c in names.items() if isinstance(c, str) and times[c] > 1]
    if unclear:
        raise Unreadable(f"the first line names a column twice: {', '.join(unclear)}", found)
    numbers = [column for column in columns.values() if isinstance(column, int)]
    if numbers and max(numbers) > len(found):
        raise Unreadable(f"no column {max(numbers)}: the first line has {len(found)}")


def position_of(column: Column, found: Sequence[str]) -> int:
    """Where a column is among the found ones, counted from 1."""
    return column if isinstance(column, int) else list(found).index(column) + 1
