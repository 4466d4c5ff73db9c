"""What a format is: how one platform's export is recognised, read into raw rows, and what it can show.

A format is one module in this folder (an instance of a `Format` subclass named `FORMAT`), one line in the registry
(`orchestration.formats`), its staging models in `dbt_project/models/staging/<format>/` and one line in
`dbt_project/dbt_project.yml`. Nothing else changes.
"""

from __future__ import annotations

import glob
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from orchestration.formats.people import People

if TYPE_CHECKING:
    import duckdb

# Raw rows have an instant `row_at` (UTC, null where the row has none of its own), and a `reason` where they are
# unusable.
ROW_COLUMNS = {"file_no": "INTEGER", "row_no": "BIGINT", "row_at": "TIMESTAMP", "reason": "VARCHAR", "raw": "VARCHAR"}
RAW_KEPT_CHARACTERS = 1000


# Folders in which platforms keep what members attached: a zip in there is theirs, and no part of the export.
ATTACHMENT_FOLDERS = {
    "__macosx",
    "assets",
    "attachments",
    "files",
    "images",
    "media",
    "uploads",
    "photos",
    "video_files",
}


class Options(BaseModel):
    """The keys of a [[sources]] entry that belong to the format. Unknown keys are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MemberListOptions(Options):
    """The keys of a format that lists its members.

    Attributes:
        member_list: "whole", so that who is missing from a later list has left; or "partial", so that it shows who is
            there and nothing else.
    """

    member_list: Literal["whole", "partial"] = "whole"


@dataclass(frozen=True)
class Observes:
    """What the exports of a source can show at all. What cannot be seen is never reported as 0."""

    views: bool = False
    reactions: bool = False
    joins: bool = False
    leaves: bool = False
    threads: bool = False
    members: bool = False
    reaction_counts: bool = False
    """Reactions as numbers on a post, though not who reacted."""


@dataclass(frozen=True)
class StagedFile:
    """One file of an export, ready to be parsed.

    Attributes:
        number: identifies the file within one pull; the parsed rows carry it as `file_no`.
        name: its name within the export, with forward slashes.
        path: where its bytes lie now (the export's own file, or a copy taken out of an archive).
    """

    number: int
    name: str
    path: Path


@dataclass
class Parsed:
    """What came of parsing a batch of files of one table.

    Attributes:
        table: name of the raw table.
        rows: a DuckDB relation's SQL with `ROW_COLUMNS` and the table's own columns; a row with a `reason` is bad.
        unreadable: files of which nothing could be read, by number, with the reason.
        unused: files of which only the content shows that no figure needs them, by number.
        lacks_zone: whether there are instants without a zone, and the config gives none for them either.
    """

    table: str
    rows: str
    unreadable: dict[int, str] = field(default_factory=dict)
    unused: frozenset[int] = frozenset()
    lacks_zone: bool = False


class Format:
    """One platform's export.

    Attributes:
        name: as written in the config.
        tables: raw tables, each with its columns and their DuckDB types, as they are laid down in the lake; their names
            begin with the format's, so that `lake/*/<table>/` finds one format's rows only.
        models: whose dbt models read its raw tables; its own name, but for formats that share one layout.
        member_list: the raw table that lists the members, if the format has one.
        people: for each raw table, whom its rows are of and whom they name (see `orchestration.formats.people`).
        told_by: raw tables of which the values of a column tell what their rows show, each with that column.
        shows_acts: whether its exports show what members do besides buying.
        Options: the keys that the format understands in a [[sources]] entry.
    """

    name: str
    tables: dict[str, dict[str, str]]
    people: dict[str, People]
    models: str | None = None
    member_list: str | None = None
    told_by: Mapping[str, str] = {}
    shows_acts: bool = True
    Options: type[Options] = Options

    @property
    def model_family(self) -> str:
        """The `<format>` in the names of its dbt models, and in the dbt project's variable `formats`."""
        return self.models or self.name

    def options(self, given: dict[str, Any]) -> Any:
        """Checks the format's own keys; raises pydantic's ValidationError."""
        return self.Options(**given)

    def observes(self, options: Any) -> Observes:
        """What a source of this format shows, as far as its config tells."""
        raise NotImplementedError

    def observes_in(self, options: Any, tables: Mapping[str, Collection[str]]) -> Observes:
        """What a source of this format shows once its exports were read: some of them bring more than others.

        Args:
            tables: the raw tables of which the source has rows; those in `told_by` with the values of their column.
        """
        return self.observes(options)

    def table_of(self, name: str, options: Any) -> str | None:
        """The raw table that a file of an export belongs to, by its name; None: not needed for any figure."""
        raise NotImplementedError

    def is_text(self, name: str) -> bool:
        """Whether a file has to be UTF-8 text."""
        return True

    @property
    def keeps_heads(self) -> bool:
        """Whether the quarantine shows how an unreadable file begins: not where names and card numbers stand there."""
        return True

    def unpacks(self, name: str) -> bool:
        """Whether an archive within an export is opened: not where it is something that a member attached."""
        folders = [folder.lower() for folder in name.split("/")[:-1]]
        return not any(folder in ATTACHMENT_FOLDERS or folder.endswith("_files") for folder in folders)

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Any
    ) -> Parsed:
        """Parses a batch of files of one raw table inside DuckDB; creates what temporary tables it needs."""
        raise NotImplementedError


def quoted(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def path_sql(path: Path) -> str:
    """A file's path as an SQL literal for DuckDB's readers, which would take `[`, `*` and `?` in it for a pattern."""
    return quoted(glob.escape(str(path)))


def instant_problem(column: str) -> str:
    """SQL for the reason why an instant (a TIMESTAMP column in UTC) cannot be right; null where it can."""
    return (
        f"case when {column} < timestamp '1990-01-01' then 'instant before 1990: ' || {column}"
        f" when {column} > cast(current_timestamp as timestamp) + interval 1 day"
        f" then 'instant in the future: ' || {column} end"
    )


def decimal_sql(text: str, places: int) -> str:
    """SQL for a number written as text, as a decimal with so many places and room for all that come before them."""
    # DuckDB makes wide decimals of texts forty times as slowly as those that fit into 64 bits, as nearly all do.
    wide = f"decimal(38, {places})"
    return f"coalesce(cast(try_cast({text} as decimal(18, {places})) as {wide}), cast({text} as {wide}))"


def number_files(connection: duckdb.DuckDBPyConnection, table: str, column: str, values: dict[int, str]) -> None:
    """Makes the temporary table `table(file_no INTEGER, <column> VARCHAR)` (row by row inserts would take seconds)."""
    connection.execute(
        f"create or replace temp table {table} as"
        f" select unnest($numbers::integer[]) as file_no, unnest($values::varchar[]) as {column}",
        {"numbers": list(values), "values": list(values.values())},
    )
