"""The lake and its ledger: raw rows as Parquet by local week, and the account of every file they came from.

A pull is committed by its ledger file, which is written last: Parquet parts of a pull without one are the left-overs
of a run that was killed, and are swept away before anything reads the lake.
"""

from __future__ import annotations

import glob
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from orchestration.formats.base import quoted
from orchestration.home import Home
from orchestration.weeks import Calendar

if TYPE_CHECKING:
    import duckdb

LINEAGE = {"_source": "VARCHAR", "_export": "VARCHAR", "_file": "VARCHAR", "_row": "BIGINT", "_loaded_at": "TIMESTAMP"}
# A source cannot be called this. It holds an empty part of every raw table, found by the same globs as the real ones.
SCHEMA_SOURCE = "_schema"

# What became of a file: its rows were loaded (in part, perhaps); it is the same as one loaded before; no figure needs
# it; nothing of it could be read; or it is an archive within the export, whose files have accounts of their own.
LOADED, KNOWN, UNUSED, UNREADABLE, OPENED = "loaded", "known", "unused", "unreadable", "opened"
# Why a row that could be read is quarantined all the same: it is somebody's who was erased.
ERASED = "erased"


@dataclass
class FileAccount:
    """One file of one export. `rows_read = rows_loaded + rows_quarantined`, always.

    `rows_erased` are those of the quarantined rows that are an erased person's.
    """

    source: str
    export: str
    file: str
    sha256: str
    bytes: int
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    first_at: datetime | None
    last_at: datetime | None
    loaded_at: datetime
    outcome: str
    reason: str | None
    pull_id: str
    rows_erased: int = 0


@dataclass
class ExportAccount:
    """One export of one pull: the instants it spans, over all its files, those known before included."""

    source: str
    export: str
    sha256: str | None
    options_digest: str
    files: int
    unreadable_files: int
    has_member_list: bool
    first_at: datetime | None
    last_at: datetime | None
    loaded_at: datetime
    pull_id: str


_FILE_TYPES = {
    "source": "VARCHAR", "export": "VARCHAR", "file": "VARCHAR", "sha256": "VARCHAR", "bytes": "BIGINT",
    "rows_read": "BIGINT", "rows_loaded": "BIGINT", "rows_quarantined": "BIGINT", "first_at": "TIMESTAMP",
    "last_at": "TIMESTAMP", "loaded_at": "TIMESTAMP", "outcome": "VARCHAR", "reason": "VARCHAR", "pull_id": "VARCHAR",
    "rows_erased": "BIGINT",
}  # fmt: skip
_EXPORT_TYPES = {
    "source": "VARCHAR", "export": "VARCHAR", "sha256": "VARCHAR", "options_digest": "VARCHAR", "files": "BIGINT",
    "unreadable_files": "BIGINT", "has_member_list": "BOOLEAN", "first_at": "TIMESTAMP", "last_at": "TIMESTAMP",
    "loaded_at": "TIMESTAMP", "pull_id": "VARCHAR",
}  # fmt: skip


class Ledger:
    """What is known of one source's exports."""

    def __init__(self, home: Home, source: str):
        self.folder = home.ledger / source
        self.source = source

    def files(self) -> list[FileAccount]:
        """Every file ever looked at, oldest first."""
        return [FileAccount(**row) for row in self._rows("files", _FILE_TYPES)]

    def exports(self) -> list[ExportAccount]:
        """Every export ever pulled, oldest first."""
        return [ExportAccount(**row) for row in self._rows("exports", _EXPORT_TYPES)]

    def pulls(self) -> set[str]:
        """The pulls that were committed."""
        return {path.name.removesuffix(".files.parquet") for path in self.folder.glob("*.files.parquet")}

    def drop_superseded(self) -> None:
        """Removes the account of pulls that read their files in another way than the newest one did.

        A pull under a changed mapping reads everything anew. Until the older pulls are gone their rows count twice, so
        a run that was killed in between has to be put right by the next.
        """
        digests = {export.pull_id: export.options_digest for export in self.exports()}
        newest = digests.get(max(digests, default=""))
        for pull_id, digest in digests.items():
            if digest != newest:
                # In this order: without its files a pull does not count.
                (self.folder / f"{pull_id}.files.parquet").unlink(missing_ok=True)
                (self.folder / f"{pull_id}.exports.parquet").unlink(missing_ok=True)

    def drop_uncommitted(self) -> int:
        """Removes what a killed pull wrote of its account; returns how many files that were."""
        committed = self.pulls()
        halves = [p for p in self.folder.glob("*.exports.parquet") if p.name.split(".", 1)[0] not in committed]
        for half in halves:
            half.unlink()
        return len(halves)

    def _rows(self, kind: str, types: Mapping[str, str]) -> list[dict[str, Any]]:
        committed = [self.folder / f"{pull}.{kind}.parquet" for pull in sorted(self.pulls())]
        if not committed:
            return []
        import duckdb

        relation = duckdb.read_parquet([glob.escape(str(path)) for path in committed], union_by_name=True)
        # A ledger that was begun before there was a column lacks it: the account's default holds.
        there = [name for name in types if name in relation.columns]
        rows = relation.select(*[duckdb.ColumnExpression(name) for name in there]).fetchall()
        return [{n: v for n, v in zip(there, row, strict=True) if v is not None or n != "rows_erased"} for row in rows]

    def commit(self, pull_id: str, files: Iterable[FileAccount], exports: Iterable[ExportAccount]) -> None:
        """Writes the account of a pull; with this it counts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _writing() as out:
            _write_parquet(out, self.folder / f"{pull_id}.exports.parquet", [asdict(e) for e in exports], _EXPORT_TYPES)
            _write_parquet(out, self.folder / f"{pull_id}.files.parquet", [asdict(f) for f in files], _FILE_TYPES)


def loaded_sources(home: Home) -> list[str]:
    """The sources that were ever loaded, those that are no longer in the config among them."""
    return sorted(path.name for path in home.ledger.glob("*/") if path.name != SCHEMA_SOURCE)


def write_schemas(home: Home, tables: Mapping[str, Mapping[str, str]]) -> None:
    """Writes an empty part of every raw table and of the ledger, so that a model finds its columns in any case.

    Args:
        tables: raw table -> column -> DuckDB type.
    """
    ledger = home.ledger / SCHEMA_SOURCE
    ledger.mkdir(parents=True, exist_ok=True)
    with _writing() as out:
        for table, columns in tables.items():
            path = home.lake / SCHEMA_SOURCE / table / "week=1970-01-01" / "empty.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_parquet(out, path, [], {**LINEAGE, "_at": "TIMESTAMP", **columns})
        _write_parquet(out, ledger / "empty.files.parquet", [], _FILE_TYPES)
        _write_parquet(out, ledger / "empty.exports.parquet", [], _EXPORT_TYPES)


def tables_with_rows(home: Home, source: str, told_by: Mapping[str, str]) -> dict[str, set[str]]:
    """The raw tables of which a source has rows; those in `told_by` with the values of their column."""
    import duckdb

    found: dict[str, set[str]] = {part.parts[-3]: set() for part in (home.lake / source).glob("*/week=*/*.parquet")}
    for table, column in told_by.items():
        if table in found:
            pattern = f"{glob.escape(str(home.lake / source / table))}/week=*/*.parquet"
            with duckdb.connect() as connection:
                values = f"select distinct {column} from read_parquet({quoted(pattern)}, hive_partitioning = false)"
                found[table] = {value for (value,) in connection.execute(values).fetchall()}
    return found


def sweep(home: Home, sources: Iterable[str]) -> int:
    """Removes what a killed pull left behind; returns how many files that were."""
    swept = 0
    for source in sources:
        ledger = Ledger(home, source)
        ledger.drop_superseded()
        swept += ledger.drop_uncommitted()
        committed = ledger.pulls()
        for part in (home.lake / source).glob("*/week=*/*.parquet"):
            if part.name.split("-", 1)[0] not in committed:
                part.unlink()
                swept += 1
        for entries in (home.quarantine / source).glob("*.jsonl"):
            if entries.stem not in committed:
                entries.unlink()
                swept += 1
    left_overs = (*home.lake.glob("*/_incoming"), *home.ledger.glob("*/*.part"), *home.quarantine.glob("*/*.part"))
    for left_over in left_overs:
        shutil.rmtree(left_over, ignore_errors=True) if left_over.is_dir() else left_over.unlink()
        swept += 1
    return swept


class Incoming:
    """A pull's Parquet parts before they are committed: `lake/<source>/_incoming`."""

    def __init__(self, home: Home, source: str, pull_id: str, calendar: Calendar):
        self.folder = home.lake / source / "_incoming"
        self.target = home.lake / source
        self.pull_id = pull_id
        self.local_sql = local_sql(calendar.timezone)
        self.week_sql = week_sql(calendar.anchor, calendar.timezone)
        self._parts = 0
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, connection: duckdb.DuckDBPyConnection, table: str, rows: str, default_at: datetime | None) -> None:
        """Lays rows down by local week.

        Args:
            rows: SQL with the lineage columns, `_at`, and the table's own columns.
            default_at: the week of rows without an instant of their own.
        """
        self._parts += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        fallback = f"timestamp '{default_at:%Y-%m-%d %H:%M:%S.%f}'" if default_at else "_loaded_at"
        at = f"coalesce(_at, {fallback})"
        self._write_hours(connection, f"select {at} as instant from ({rows})")
        connection.execute(
            f"""
            copy (
                -- As a case: of a coalesce DuckDB would compute the parts that repeat for every row.
                select laid.*,
                    case when hours.week is not null then hours.week else {self.week_sql.format(at)} end as week
                from ({rows}) as laid inner join lake_hours as hours on date_trunc('hour', {at}) = hours.starts_at
            )
            to {quoted(str(self.folder / table))}
            (format parquet, partition_by (week), filename_pattern '{self.pull_id}-{self._parts:04d}-{{i}}',
             compression zstd, overwrite_or_ignore true)
            """
        )

    def _write_hours(self, connection: duckdb.DuckDBPyConnection, instants: str) -> None:
        """Makes `lake_hours`: the hours of the instants, each with its local week; null where it is not one.

        Local time is dear to compute, and instants are many in few hours. In a table, so that their number is known:
        else all rows might be held in memory to be joined with them.
        """
        # The last instant of the hour.
        ends_at = "starts_at + interval '59 minutes 59.999999 seconds'"
        first_week, last_week = (self.week_sql.format(instant) for instant in ("starts_at", ends_at))
        passed = f"{self.local_sql.format(ends_at)} - {self.local_sql.format('starts_at')}"
        connection.execute(
            f"""
            create or replace temp table lake_hours as
            select starts_at,
                -- Clocks may change within the hour.
                case when {first_week} = {last_week} and {passed} = {ends_at} - starts_at then {first_week} end as week
            from (select distinct date_trunc('hour', instant) as starts_at from ({instants}))
            """
        )

    def commit(self) -> None:
        """Moves the parts into the lake (the ledger then makes them count)."""
        for part in sorted(self.folder.glob("*/week=*/*.parquet")):
            target = self.target / part.relative_to(self.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
        shutil.rmtree(self.folder, ignore_errors=True)


def local_sql(timezone: str) -> str:
    """SQL, with a `{0}` for a UTC TIMESTAMP, for the local time."""
    return f"timezone('{timezone}', timezone('UTC', {{0}}))"


def week_sql(anchor: date, timezone: str) -> str:
    """SQL, with a `{0}` for a UTC TIMESTAMP, for the local week it falls into."""
    local = f"cast({local_sql(timezone)} as date)"
    # The remainder of a day before the anchor is negative: 1990-01-01 00:00 UTC is a day earlier in the Americas.
    return f"({local} - cast(mod(mod({local} - date '{anchor:%Y-%m-%d}', 7) + 7, 7) as integer))"


class Quarantine:
    """A pull's quarantine before it is committed, as JSON Lines: export, file, row (null: the whole file), reason, raw.

    Entries go to disk as they come, however many there are.
    """

    def __init__(self, home: Home, source: str, pull_id: str):
        self._file = home.quarantine / source / f"{pull_id}.jsonl"
        self._out: IO[str] | None = None

    def add(self, entry: Mapping[str, Any]) -> None:
        """Writes one entry."""
        if self._out is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._out = self._file.with_suffix(".part").open("w", encoding="utf-8")
        self._out.write(one_line(entry) + "\n")

    def commit(self) -> None:
        """Makes the entries count (with the ledger, which comes last)."""
        if self._out is not None:
            self.close()
            self._file.with_suffix(".part").replace(self._file)

    def close(self) -> None:
        """Lets go of the file; what was not committed is swept away."""
        if self._out is not None:
            self._out.close()


def erased_entry(account: FileAccount) -> dict[str, Any]:
    """What the quarantine says of a file's rows that are erased people's: how many, and not which."""
    entry = {"export": account.export, "file": account.file, "row": None, "reason": ERASED, "raw": None}
    return entry | {"rows": account.rows_erased}


def one_line(entry: Mapping[str, Any]) -> str:
    """JSON that no reader takes for two lines: some break lines at these characters too, which JSON lets stand."""
    text = json.dumps(entry, ensure_ascii=False, default=str)
    return re.sub("[\x85\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _writing() -> duckdb.DuckDBPyConnection:
    """A database in memory to write Parquet files with; to open one takes longer than to write a small file."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, rows: list[dict[str, Any]], types: Mapping[str, str]
) -> None:
    part = path.with_suffix(".part")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    connection.execute(f"create or replace temp table rows ({columns})")
    if rows:
        import pyarrow

        connection.register("given", pyarrow.Table.from_pylist(rows))
        connection.execute("insert into rows by name select * from given")
    connection.execute(f"copy rows to '{str(part).replace(chr(39), chr(39) * 2)}' (format parquet)")
    part.replace(path)
