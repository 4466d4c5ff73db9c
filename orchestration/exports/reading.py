"""Reading one export of a source: its files are told apart, parsed in batches, accounted for and put into the lake."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import processors
from orchestration.erasure.erased_list import MEMBER, NAME, can_be_part_of_a_name
from orchestration.exports import lake, locate
from orchestration.exports.lake import FileAccount
from orchestration.formats.base import RAW_KEPT_CHARACTERS, Parsed, StagedFile, number_files, quoted
from orchestration.formats.damaged_text import with_whole_characters
from orchestration.formats.people import People

if TYPE_CHECKING:
    import duckdb

    from orchestration.exports.pull import Pull

# Files are parsed in batches, so that memory does not grow with the export. What DuckDB holds beyond its limit goes to
# disk; the process as a whole is to stay below 2 GiB.
_BATCH_BYTES = 64 << 20
_BATCH_FILES = 5000
_WORKING_MEMORY = "768MB"
# How DuckDB says that it came to this limit, and not to that of the machine.
_AT_THE_LIMIT = re.compile(r"/[\d.]+ \wi?B used\)")


class ExportReader:
    """Reads the files of one export in batches."""

    def __init__(self, pull: Pull, export: locate.Export, incoming: lake.Incoming):
        self.pull, self.export, self.incoming = pull, export, incoming
        self.member_list_files: set[str] = set()
        self.batch: dict[str, list[tuple[StagedFile, locate.Fingerprint]]] = {}
        self.batch_bytes = 0
        self.undated: list[str] = []
        self.newest: datetime | None = None
        self.files_seen = 0
        self.first_account = len(pull.accounts)
        self.opened: list[tuple[locate.ExportFile, locate.Fingerprint]] = []
        self.work = tempfile.TemporaryDirectory(prefix="stillhere-")
        self.connection = _working_connection(Path(self.work.name))

    def look_at(self, file: locate.ExportFile, depth: int = 1) -> None:
        """Reads a file, now or with its batch; what cannot be read is accounted for, and the rest goes on.

        Args:
            depth: how many archives deep it lies, the export itself counted.
        """
        pull = self.pull
        self.files_seen += 1
        if self.files_seen % 1000 == 0:
            pull.progress(f"{pull.source.name}: {self.files_seen:,} files of {Path(self.export.name).name}")
        table = pull.format.table_of(file.name, pull.options)
        kind = locate.kind_of(file.name)
        if table is not None and table == pull.format.member_list:
            self.member_list_files.add(file.name)
        if file.is_opaque:
            self._read(file, is_text=False)
        elif table:
            self._stage(file, table)
        elif kind != "file" and pull.format.unpacks(file.name):
            self._open(file, kind, depth)
        else:
            pull.accounts.append(pull.account(self.export, file.name, "", file.size, lake.UNUSED))
        if self.batch_bytes >= _BATCH_BYTES or sum(map(len, self.batch.values())) >= _BATCH_FILES:
            self._parse_batch()

    def finish(self) -> None:
        """Parses what is left, and lays down the rows without an instant, dated by the export's newest one."""
        self._parse_batch()
        self._account_for_opened()
        for table in self.undated:
            self.incoming.add(self.connection, table, f'select * from "undated_{table}"', self.newest)

    def has_whole_member_list(self, accounts: Sequence[FileAccount]) -> bool:
        """Whether the export lists all members: who is missing from half a list has not left."""
        if not self.member_list_files or getattr(self.pull.options, "member_list", "whole") == "partial":
            return False
        # Where the archive broke off, its account is under its own name.
        names = set(map(self.pull.named, [*self.member_list_files, self.export.name.rsplit("/", 1)[-1]]))
        return all(account.reason is None for account in accounts if account.file in names)

    def close(self) -> None:
        """Lets go of the working folder."""
        self.connection.close()
        self.work.cleanup()

    def _read(self, file: locate.ExportFile, is_text: bool) -> tuple[Path, locate.Fingerprint] | None:
        """A file's bytes where DuckDB can get at them, and their hash; None where there is nothing to parse: it is
        known, or cannot be read, and accounted for as such."""
        pull, copy = self.pull, None
        if file.problem:
            pull.unreadable(self.export, file.name, "", file.size, file.problem)
            return None
        if file.known_sha256 and self._is_known(file, file.known_sha256, file.size):
            return None
        if file.path is None:
            copy = Path(self.work.name) / f"{self.files_seen:07d}{Path(file.name).suffix[:10].lower()}"
        try:
            read = locate.read_once(file, is_text, copy)
        except locate.UNREADABLE as error:
            head = locate.head_of(file)
            pull.unreadable(self.export, file.name, "", file.size, f"cannot be read: {error}", head)
        else:
            if self._is_known(file, read.sha256, read.size):
                pass
            elif read.problem:
                pull.unreadable(self.export, file.name, read.sha256, read.size, read.problem, read.head)
            else:
                return self._readable(copy or file.path, file.name), read  # type: ignore[arg-type]
        if copy:
            copy.unlink()
        return None

    def _readable(self, path: Path, name: str) -> Path:
        """The file as DuckDB can read it: mended in the working folder, where it has to be."""
        if Path(name).suffix.lower() not in (".json", ".jsonl", ".ndjson"):
            return path
        own = Path(self.work.name)
        return with_whole_characters(path, path if own in path.parents else own / f"{self.files_seen:07d}.json")

    def _is_known(self, file: locate.ExportFile, sha: str, size: int) -> bool:
        """Whether the file was read before; accounts for it if so."""
        pull = self.pull
        known = pull.known_as(self.export, file.name, sha)
        if known is None:
            return False
        pull.accounts.append(
            pull.account(
                self.export, file.name, sha, size, lake.KNOWN,
                first_at=known.first_at, last_at=known.last_at, reason=known.reason,
            )
        )  # fmt: skip
        self._saw(known.last_at)
        return True

    def _stage(self, file: locate.ExportFile, table: str) -> None:
        """Puts a file of a raw table into its batch."""
        number = self.files_seen
        found = self._read(file, self.pull.format.is_text(file.name))
        if found:
            path, read = found
            self.batch.setdefault(table, []).append((StagedFile(number, file.name, path), read))
            self.batch_bytes += read.size

    def _open(self, file: locate.ExportFile, kind: str, depth: int) -> None:
        """Looks at the files of an archive that lies within the export."""
        pull = self.pull
        found = self._read(file, is_text=False)
        if found is None:
            if pull.accounts[-1].outcome == lake.KNOWN and pull.had_member_list(self.export, f"{file.name}/"):
                self.member_list_files.add(file.name)
            return
        path, read = found
        try:
            if depth > locate.MAX_NESTING:
                reason = f"packed more than {locate.MAX_NESTING} deep: not opened"
                pull.unreadable(self.export, file.name, read.sha256, read.size, reason, read.head)
                return
            with locate.members(path, kind, file.budget or locate.Budget(read.size), file.name) as members:
                for member in members:
                    self.look_at(member, depth + (kind != "gz"))
            if kind != "gz":
                self.opened.append((file, read))
        except locate.UNREADABLE as error:
            pull.unreadable(self.export, file.name, read.sha256, read.size, f"cannot be opened: {error}", read.head)
        finally:
            if path != file.path:
                path.unlink()

    def _account_for_opened(self) -> None:
        """An archive all of whose files could be read need not be opened again as long as it stays the same."""
        pull = self.pull
        for file, read in self.opened:
            prefix = pull.named(f"{file.name}/")
            inside = [a for a in pull.accounts[self.first_account :] if a.file.startswith(prefix)]
            used = [account for account in inside if account.outcome in (lake.LOADED, lake.KNOWN)]
            if used and not any(a.outcome == lake.UNREADABLE or a.reason for a in inside):
                spans = [account for account in used if account.first_at]
                pull.accounts.append(
                    pull.account(
                        self.export, file.name, read.sha256, read.size, lake.OPENED,
                        first_at=min((a.first_at for a in spans), default=None),
                        last_at=max((a.last_at for a in spans), default=None),
                    )
                )  # fmt: skip

    def _parse_batch(self) -> None:
        for table, files in self.batch.items():
            self._parse(table, files)
            for staged, _ in files:
                if staged.path.is_relative_to(self.work.name):
                    staged.path.unlink()
        self.batch, self.batch_bytes = {}, 0

    def _parse(self, table: str, files: list[tuple[StagedFile, locate.Fingerprint]]) -> None:
        import duckdb

        try:
            parsed = self._parsed(table, files)
        except duckdb.OutOfMemoryException as error:
            if not _AT_THE_LIMIT.search(str(error)):
                raise
            self._parse_apart(table, files)
        else:
            self._keep(table, files, parsed)

    def _parse_apart(self, table: str, files: list[tuple[StagedFile, locate.Fingerprint]]) -> None:
        """Parses files half by half that were too much at once. What is too much by itself holds up no other file."""
        if len(files) > 1:
            self._parse(table, files[: len(files) // 2])
            self._parse(table, files[len(files) // 2 :])
            return
        ((staged, read),) = files
        reason = f"an entry of it is too large to be read with {_WORKING_MEMORY} of memory"
        self.pull.unreadable(self.export, staged.name, read.sha256, read.size, reason, read.head)

    def _parsed(self, table: str, files: list[tuple[StagedFile, locate.Fingerprint]]) -> Parsed:
        """Reads files into the table `parsed`."""
        pull, connection = self.pull, self.connection
        parsed = pull.format.parse(connection, table, [staged for staged, _ in files], pull.options)
        # Of good rows the raw text is not needed; with it the table would be as large as the export.
        connection.execute(
            f"""
            create or replace temp table parsed as
            select * replace (case when reason is not null then left(raw, {RAW_KEPT_CHARACTERS}) end as raw)
            from ({parsed.rows})
            """
        )
        return parsed

    def _keep(self, table: str, files: list[tuple[StagedFile, locate.Fingerprint]], parsed: Parsed) -> None:
        """Accounts for the rows in the table `parsed`, and puts them into the lake."""
        pull, connection = self.pull, self.connection
        pull.lacks_zone = pull.lacks_zone or parsed.lacks_zone
        if pull.erased.entries:
            self._take_out_erased(table)
        number_files(connection, "file_names", "file", {staged.number: pull.named(staged.name) for staged, _ in files})
        self._account_for(files, parsed)
        columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in pull.format.tables[table].items())
        export = quoted(pull.named(self.export.name))
        rows = f"""
            select {quoted(pull.source.name)} as _source, {export} as _export, file as _file, row_no as _row,
                timestamp '{pull.loaded_at}' as _loaded_at, row_at as _at, {columns}
            from parsed join file_names using (file_no)
            where reason is null
        """
        dated, undated = connection.execute(
            "select coalesce(bool_or(row_at is not null), false), coalesce(bool_or(row_at is null), false)"
            " from parsed where reason is null"
        ).fetchone()  # type: ignore[misc]
        if dated:
            self.incoming.add(connection, table, f"{rows} and row_at is not null", None)
        if undated:
            # Rows without an instant are a snapshot: they belong to the newest instant of their export, known at its
            # end.
            if table in self.undated:
                connection.execute(f'insert into "undated_{table}" {rows} and row_at is null')
            else:
                connection.execute(f'create temp table "undated_{table}" as {rows} and row_at is null')
                self.undated.append(table)

    def _take_out_erased(self, table: str) -> None:
        """Marks the rows of erased people as bad, and takes these people out of the rows of others.

        No content of bad rows is kept then: whose a row is that cannot be read, nobody can tell.
        """
        people = self.pull.format.people[table]
        source = quoted(self.pull.source.name)
        self.pull.erased.teach(self.connection)
        self._learn_names(people, f"(select *, {source} as _source from parsed)")
        named = "".join(f', {sql} as "{column}"' for column, sql in people.named.items())
        self.connection.execute(
            f"""
            create or replace temp table parsed as
            select * exclude (_source, _file, goes)
                replace (case when goes then {quoted(lake.ERASED)} else reason end as reason,
                    cast(null as varchar) as raw{named})
            from (
                select *, {people.goes} as goes
                from (select *, {source} as _source, file_no as _file from parsed)
            )
            """
        )

    def _learn_names(self, people: People, rows: str) -> None:
        """Puts what erased people are called in these rows on the list: others may know them by that name alone."""
        pull, found = self.pull, set()
        for column in people.names:
            theirs = (
                f"select distinct {column} from {rows} where {column} is not null and is_erased({people.member_id})"
            )
            found |= {name for (name,) in self.connection.execute(theirs).fetchall()}
        known_as = [(NAME, name) for name in sorted(found) if can_be_part_of_a_name(name)]
        if people.named_as is not None:
            known_as += [(MEMBER, f"{pull.source.name}:{people.named_as}{name}") for name in sorted(found)]
        learned = pull.erased.with_people(known_as, f"{pull.loaded_at:%Y-%m-%d %H:%M:%S.%f}")
        if learned != pull.erased:
            learned.write(pull.home)
            learned.teach(self.connection)
            pull.erased, pull.names = learned, {}

    def _account_for(self, files: list[tuple[StagedFile, locate.Fingerprint]], parsed: Parsed) -> None:
        pull = self.pull
        counts = {
            row[0]: row[1:]
            for row in self.connection.execute(
                """
                select file_no, count(*), count(*) filter (where reason is null),
                    count(*) filter (where reason = $erased),
                    -- What an export reaches does not depend on who was erased.
                    min(row_at) filter (where coalesce(reason, $erased) = $erased),
                    max(row_at) filter (where coalesce(reason, $erased) = $erased)
                from parsed group by file_no
                """,
                {"erased": lake.ERASED},
            ).fetchall()
        }
        for staged, read in files:
            if staged.number in parsed.unreadable:
                reason = parsed.unreadable[staged.number]
                pull.unreadable(self.export, staged.name, read.sha256, read.size, reason, read.head)
                continue
            if staged.number in parsed.unused:
                pull.accounts.append(pull.account(self.export, staged.name, read.sha256, read.size, lake.UNUSED))
                continue
            total, loaded, erased, first_at, last_at = counts.get(staged.number, (0, 0, 0, None, None))
            account = pull.account(
                self.export, staged.name, read.sha256, read.size, lake.LOADED, rows_read=total, rows_loaded=loaded,
                rows_quarantined=total - loaded, first_at=first_at, last_at=last_at, rows_erased=erased,
            )  # fmt: skip
            pull.accounts.append(account)
            if erased:
                pull.quarantine.add(lake.erased_entry(account))
            pull.remember(account)
            self._saw(last_at)
        self._quarantine({staged.number: staged.name for staged, _ in files})

    def _quarantine(self, names: dict[int, str]) -> None:
        bad = self.connection.execute(
            "select file_no, row_no, reason, raw from parsed where reason <> ? order by file_no, row_no", [lake.ERASED]
        )
        pull = self.pull
        export = pull.named(self.export.name)
        while rows := bad.fetchmany(10_000):
            for file_no, row_no, reason, raw in rows:
                where = {"export": export, "file": pull.named(names[file_no]), "row": row_no}
                pull.quarantine.add({**where, "reason": pull.erased.redacted(reason), "raw": raw})

    def _saw(self, last_at: datetime | None) -> None:
        if last_at and (self.newest is None or last_at > self.newest):
            self.newest = last_at


def _working_connection(folder: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    limits = {"memory_limit": _WORKING_MEMORY, "threads": processors.half(), "partitioned_write_max_open_files": 200}
    connection = duckdb.connect(config={**limits, "temp_directory": str(folder / "spill")})
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    return connection
