"""Pulling one source: every new or changed file of its exports is read once, and accounted for."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import formats
from orchestration.config import Config, Source
from orchestration.erasure.erased_list import MEMBER, NAME, ErasedList, can_be_part_of_a_name
from orchestration.errors import ExportsError
from orchestration.exports import lake, locate, remote, storage
from orchestration.exports.lake import ExportAccount, FileAccount
from orchestration.formats.base import RAW_KEPT_CHARACTERS, Parsed, StagedFile, number_files, quoted
from orchestration.formats.people import People
from orchestration.home import Home

if TYPE_CHECKING:
    import duckdb

# Files are parsed in batches, so that memory does not grow with the export. What DuckDB holds beyond its limit goes to
# disk; the process as a whole is to stay below 2 GiB.
_BATCH_BYTES = 64 << 20
_BATCH_FILES = 5000
_WORKING_MEMORY = "768MB"


@dataclass
class PullResult:
    """What pulling a source came to.

    Attributes:
        accounts: one for each file looked at, in this pull's exports.
        changed: whether anything new was laid down.
    """

    source: str
    changed: bool
    accounts: list[FileAccount] = field(default_factory=list)

    def total(self, column: str) -> int:
        """Sum of rows_read, rows_loaded or rows_quarantined over the files."""
        return sum(getattr(account, column) for account in self.accounts)

    def count(self, outcome: str) -> int:
        """How many files came to that outcome."""
        return sum(account.outcome == outcome for account in self.accounts)

    def sentence(self) -> str:
        """One line for a person."""
        if not self.changed:
            if not self.count(lake.KNOWN):
                return f"{self.source}: nothing to read: no figure needs any of the {len(self.accounts):,} files found"
            return f"{self.source}: nothing new ({self.count(lake.KNOWN):,} known files)"
        files, bad = self.count(lake.LOADED), self.total("rows_quarantined")
        quarantined = f", {bad:,} quarantined (see quarantine/{self.source})" if bad else ""
        return f"{self.source}: {self.total('rows_loaded'):,} rows from {files:,} new or changed files{quarantined}"


def options_digest(source: Source) -> str:
    """Identifies how a source's files are read: another mapping means reading them again."""
    return hashlib.sha256(
        json.dumps([source.format, source.options], sort_keys=True, default=str).encode()
    ).hexdigest()[:16]


def pull(config: Config, source: Source, home: Home, progress: Callable[[str], None] = lambda text: None) -> PullResult:
    """Reads what is new in a source's exports into the lake; the same exports again are a no-op.

    Args:
        progress: called with a sentence now and then.

    Raises:
        ExportsError: nothing lies at the source's path, or it cannot be fetched from there; or its mapping changed
            though files that were loaded under the old one are gone (they could not be read again, and their rows would
            be lost); or the disk is full.
    """
    import duckdb

    try:
        return _Pull(config, source, home, progress).run()
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise ExportsError(
            f"{source.name}: stopped: {str(error).splitlines()[0]}. Nothing of this pull was kept. Make room (exports"
            f" are unpacked in {tempfile.gettempdir()}, which TMPDIR changes; rows go to {home.path}), then run again."
        ) from error


class _Pull:
    """One pull of one source, from looking at the files to committing the ledger."""

    def __init__(self, config: Config, source: Source, home: Home, progress: Callable[[str], None]):
        self.config, self.source, self.home, self.progress = config, source, home, progress
        self.format = formats.get(source.format)
        self.options = self.format.options(source.options)
        self.digest = options_digest(source)
        self.ledger = lake.Ledger(home, source.name)
        self.loaded_at = datetime.now(UTC).replace(tzinfo=None)
        self.pull_id = f"{self.loaded_at:%Y%m%dT%H%M%S%f}Z"
        self.accounts: list[FileAccount] = []
        self.exports: list[ExportAccount] = []
        self.quarantine = lake.Quarantine(home, source.name, self.pull_id)
        self.elsewhere = elsewhere(config, source, home)
        self.erased = ErasedList.of(home)
        self.names: dict[str, str] = {}

    def run(self) -> PullResult:
        result = self._run()
        if self.elsewhere:
            self.elsewhere.forget_bytes()
        return result

    def _run(self) -> PullResult:
        found = find(self.config, self.source, self.elsewhere)
        before = self.ledger.files()
        exports_before = self.ledger.exports()
        remapped = bool(exports_before) and exports_before[-1].options_digest != self.digest
        self.known: dict[str, FileAccount] = {}
        self.known_in_export: dict[tuple[str, str], FileAccount] = {}
        for account in () if remapped else before:
            self.remember(account)
        self.unchanged_archives = set() if remapped else {e.sha256 for e in exports_before if e.sha256}
        calendar = self.config.calendar
        incoming = lake.Incoming(
            self.home, self.source.name, self.pull_id, lake.week_sql(calendar.anchor, calendar.timezone)
        )
        try:
            for export in found:
                self._read_export(export, incoming)
            if remapped:
                self._refuse_to_lose_rows(before)
            if not any(account.outcome in (lake.LOADED, lake.UNREADABLE) for account in self.accounts):
                return PullResult(self.source.name, False, self.accounts)
            incoming.commit()
            self.quarantine.commit()
            self.ledger.commit(self.pull_id, self.accounts, self.exports)
        finally:
            self.quarantine.close()
            # After a changed mapping this also removes what was read under the old one.
            lake.sweep(self.home, [self.source.name])
        return PullResult(self.source.name, True, self.accounts)

    def _read_export(self, export: locate.Export, incoming: lake.Incoming) -> None:
        archive_sha = None
        first, size = len(self.accounts), export.size()
        name = export.name.rsplit("/", 1)[-1]
        with contextlib.closing(_ExportReader(self, export, incoming)) as reader:
            try:
                if export.kind in ("zip", "tar"):
                    archive_sha = _sha_of(export, self.unchanged_archives)
                    if archive_sha in self.unchanged_archives:
                        self.accounts.append(self.account(export, name, archive_sha, size, lake.KNOWN))
                        return
                with locate.files(export, self.home.path) as files:
                    for file in files:
                        reader.look_at(file)
            except locate.UNREADABLE as error:
                whole = _whole(export)
                reason = f"cannot be opened: {error}"
                self.unreadable(export, name, archive_sha or "", size, reason, locate.head_of(whole))
            reader.finish()
        mine = self.accounts[first:]
        data = [account for account in mine if account.outcome not in (lake.UNUSED, lake.OPENED)]
        spans = [account for account in mine if account.first_at]
        self.exports.append(
            ExportAccount(
                source=self.source.name,
                export=self.named(export.name),
                sha256=archive_sha,
                options_digest=self.digest,
                files=len(data),
                unreadable_files=sum(
                    account.outcome == lake.UNREADABLE or account.reason is not None for account in data
                ),
                has_member_list=reader.has_whole_member_list(mine),
                first_at=min((account.first_at for account in spans), default=None),
                last_at=max((account.last_at for account in spans), default=None),
                loaded_at=self.loaded_at,
                pull_id=self.pull_id,
            )
        )

    def account(self, export: locate.Export, file: str, sha: str, size: int, outcome: str, **rest: Any) -> FileAccount:
        values = {
            "rows_read": 0,
            "rows_loaded": 0,
            "rows_quarantined": 0,
            "first_at": None,
            "last_at": None,
            "reason": None,
        }
        return FileAccount(
            source=self.source.name, export=self.named(export.name), file=self.named(file), sha256=sha, bytes=size,
            loaded_at=self.loaded_at, outcome=outcome, pull_id=self.pull_id, **(values | rest),
        )  # fmt: skip

    def unreadable(
        self, export: locate.Export, file: str, sha: str, size: int, reason: str, head: str | None = None
    ) -> None:
        """A file of which nothing can be read counts as one row, read and quarantined, so that it shows in the sums.

        Args:
            head: how the file begins.
        """
        reason = self.erased.redacted(reason)
        known = self.known_in_export.get((self.named(export.name), self.named(file)))
        if known and (known.sha256, known.bytes, known.reason) == (sha, size, reason):
            self.accounts.append(self.account(export, file, sha, size, lake.KNOWN, reason=reason))
            return
        self.accounts.append(
            self.account(export, file, sha, size, lake.UNREADABLE, rows_read=1, rows_quarantined=1, reason=reason)
        )
        # Of what cannot be read nobody can tell whose it is: no word of it is kept once somebody was erased.
        shown = head if self.format.keeps_heads and not self.erased.entries else None
        names = {"export": self.named(export.name), "file": self.named(file)}
        self.quarantine.add({**names, "row": None, "reason": reason, "raw": shown})

    def named(self, path: str) -> str:
        """An export's or file's name as it is kept: without names of erased people, which a chat's file may bear."""
        if not self.erased.entries:
            return path
        if path not in self.names:
            self.names[path] = "/".join(map(self.erased.redacted, path.split("/")))
        return self.names[path]

    def remember(self, account: FileAccount) -> None:
        """Keeps what a file was when it was last read (a known file refers to an earlier reading)."""
        if account.outcome != lake.UNUSED:
            self.known[account.file] = self.known_in_export[account.export, account.file] = account

    def known_as(self, export: locate.Export, file: str, sha: str) -> FileAccount | None:
        """The account of the same file, read before: out of this export, or of the last other one that had it."""
        file = self.named(file)
        found = (self.known_in_export.get((self.named(export.name), file)), self.known.get(file))
        return next((account for account in found if account and account.sha256 == sha), None)

    def had_member_list(self, export: locate.Export, prefix: str) -> bool:
        """Whether a member list was among the files of that prefix when they were last read."""
        return any(
            of == self.named(export.name)
            and file.startswith(self.named(prefix))
            and self.format.table_of(file, self.options) == self.format.member_list
            for of, file in self.known_in_export
        )

    def _refuse_to_lose_rows(self, before: list[FileAccount]) -> None:
        """A changed mapping means starting over; refuses where that would lose rows that cannot be read again."""
        there = {account.sha256 for account in self.accounts} | {e.sha256 for e in self.exports}
        gone = sorted(
            {account.file for account in before if account.outcome == lake.LOADED and account.sha256 not in there}
        )
        if gone:
            named = ", ".join(gone[:3]) + (", ..." if len(gone) > 3 else "")
            raise ExportsError(
                f"{self.config.file}: sources.{self.source.name}: the way its files are read was changed, but"
                f" {len(gone)} file(s) loaded before are gone or different now ({named})"
                " and cannot be read again. Put them back, undo the change, or give the source another name."
            )


def elsewhere(config: Config, source: Source, home: Home) -> remote.Place | None:
    """The bucket or server where a source's exports lie; None: they lie on this machine."""
    if not storage.is_url(source.path):
        return None
    return remote.Place(source.path, source.storage, home.remote / source.name, _where(config, source))


def find(config: Config, source: Source, place: remote.Place | None) -> list[locate.Export]:
    """A source's exports, here or elsewhere.

    Raises:
        ExportsError: nothing lies there, or it cannot be reached.
    """
    if place:
        return locate.find_elsewhere(place)
    return locate.find(config.resolve(source.path), config.file.parent, _where(config, source))


def _where(config: Config, source: Source) -> str:
    return f"{config.file}: sources.{source.name}.path"


def _whole(export: locate.Export) -> locate.ExportFile:
    """An archive as one file."""
    return locate.ExportFile(export.name, 0, lambda: export.local().open("rb"))


def _sha_of(export: locate.Export, known: set[str]) -> str:
    """An archive's hash; one that lies elsewhere, unchanged and known, is not fetched for it."""
    if export.remote and export.remote[0].known_sha256 in known:
        return str(export.remote[0].known_sha256)
    return locate.read_once(_whole(export), is_text=False, copy_to=None).sha256


class _ExportReader:
    """Reads the files of one export in batches."""

    def __init__(self, pull: _Pull, export: locate.Export, incoming: lake.Incoming):
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
        if table:
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
                return copy or file.path, read  # type: ignore[return-value]
        if copy:
            copy.unlink()
        return None

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

    connection = duckdb.connect(config={"memory_limit": _WORKING_MEMORY, "temp_directory": str(folder / "spill")})
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    return connection
