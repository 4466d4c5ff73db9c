"""Pulling one source: every new or changed file of its exports is read once, and accounted for."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from orchestration import formats
from orchestration.config import Config, Source
from orchestration.erasure.erased_list import ErasedList
from orchestration.errors import BuildError, ExportsError, HomeError
from orchestration.exports import lake, locate, remote, storage, unreadable
from orchestration.exports.lake import ExportAccount, FileAccount
from orchestration.exports.reading import ExportReader
from orchestration.faults import trouble_with_disk
from orchestration.home import Home

# How many files are named in one line.
_NAMED = 3


@dataclass
class PullResult:
    """What pulling a source came to.

    Attributes:
        accounts: one for each file looked at, in this pull's exports.
        changed: whether anything new was laid down.
        unreadable: the files there that cannot be read, each with its reason; those of before too, until they are
            mended or taken away. Of an unchanged archive: how many are in it.
        lacks_zone: whether something was read whose instants bear no zone, and the config gives none.
    """

    source: str
    changed: bool
    accounts: list[FileAccount] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    lacks_zone: bool = False

    def total(self, column: str) -> int:
        """Sum of rows_read, rows_loaded or rows_quarantined over the files."""
        return sum(getattr(account, column) for account in self.accounts)

    def count(self, outcome: str) -> int:
        """How many files came to that outcome."""
        return sum(account.outcome == outcome for account in self.accounts)

    @property
    def unneeded(self) -> list[str]:
        """The files that no figure needs."""
        return [account.file for account in self.accounts if account.outcome == lake.UNUSED]

    def sentence(self) -> str:
        """One line for a person."""
        if not self.changed:
            if not self.count(lake.KNOWN):
                found = f"{len(self.accounts):,} files found"
                found += f" ({in_short(self.unneeded)})" if self.unneeded else ""
                return f"{self.source}: nothing to read: no figure needs any of the {found}"
            return f"{self.source}: nothing new ({self.count(lake.KNOWN):,} known files)"
        files, bad = self.count(lake.LOADED), self.total("rows_quarantined")
        quarantined = f", {bad:,} quarantined (see quarantine/{self.source})" if bad else ""
        return f"{self.source}: {self.total('rows_loaded'):,} rows from {files:,} new or changed files{quarantined}"

    def warning(self) -> str | None:
        """One line for a person on what cannot be read; None: everything can."""
        if not self.unreadable:
            return None
        return f"{self.source}: cannot be read: {in_short(self.unreadable, '; ')} (see quarantine/{self.source})"


def in_short(files: Sequence[str], separator: str = ", ") -> str:
    """The first few of some files, and how many more there are, for one line."""
    more = len(files) - _NAMED
    return separator.join([*files[:_NAMED], *([f"and {more:,} more"] if more > 0 else [])])


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
            be lost).
        HomeError: the disk is full or must not be written to, or the memory is full.
        BuildError: something else stopped it.
    """
    import duckdb

    try:
        return Pull(config, source, home, progress).run()
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        stopped = f"{source.name}: stopped: {str(error).splitlines()[0]}. Nothing of this pull was kept."
        if trouble_with_disk(error):
            raise HomeError(
                f"{stopped} Make room, or see to the rights (exports are unpacked in {tempfile.gettempdir()}, which"
                f" TMPDIR changes; rows go to {home.path}), then run again."
            ) from error
        if isinstance(error, duckdb.OutOfMemoryException):
            raise HomeError(f"{stopped} Run again where more memory is free.") from error
        raise BuildError(f"{stopped} Mend what is said, then run again.") from error


class Pull:
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
        self.lacks_zone = False

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
        self.unchanged_archives = {} if remapped else {e.sha256: e for e in exports_before if e.sha256}
        self.archives_there: list[ExportAccount] = []
        incoming = lake.Incoming(self.home, self.source.name, self.pull_id, self.config.calendar)
        try:
            for export in found:
                self._read_export(export, incoming)
            if remapped:
                self._refuse_to_lose_rows(before)
            changed = any(account.outcome in (lake.LOADED, lake.UNREADABLE) for account in self.accounts)
            if not changed and not self._turns_readable_or_not(exports_before):
                return PullResult(self.source.name, False, self.accounts, self._unreadable())
            incoming.commit()
            self.quarantine.commit()
            self.ledger.commit(self.pull_id, self.accounts, self.exports)
        finally:
            self.quarantine.close()
            # After a changed mapping this also removes what was read under the old one.
            lake.sweep(self.home, [self.source.name])
        return PullResult(self.source.name, changed, self.accounts, self._unreadable(), self.lacks_zone)

    def _unreadable(self) -> list[str]:
        bad = [known for known in self.archives_there if known.unreadable_files]
        archives = [f"{known.export}: {known.unreadable_files:,} file(s) in it" for known in bad]
        return [f"{account.file}: {account.reason}" for account in self.accounts if account.reason] + archives

    def _turns_readable_or_not(self, before: list[ExportAccount]) -> bool:
        """Whether known files took the place of what was pulled last, so that something of the source can be read
        again, or nothing any more. Such a pull counts, though there is nothing new in it."""
        newest = unreadable.newest(before)
        there = [account for account in self.archives_there if any(account.sha256 == e.sha256 for e in newest)]
        now = self.exports + (there or self.archives_there)
        is_same = unreadable.is_nothing_readable(now) == unreadable.is_nothing_readable(newest)
        if is_same or not any(export.files for export in now):
            return False
        self.exports = now
        return True

    def _read_export(self, export: locate.Export, incoming: lake.Incoming) -> None:
        archive_sha = None
        first, size = len(self.accounts), export.size()
        name = export.name.rsplit("/", 1)[-1]
        with contextlib.closing(ExportReader(self, export, incoming)) as reader:
            try:
                if export.kind in ("zip", "tar"):
                    archive_sha = _sha_of(export, self.unchanged_archives)
                    if archive_sha in self.unchanged_archives:
                        self.accounts.append(self.account(export, name, archive_sha, size, lake.KNOWN))
                        known = self.unchanged_archives[archive_sha]
                        again = {
                            "export": self.named(export.name),
                            "loaded_at": self.loaded_at,
                            "pull_id": self.pull_id,
                        }
                        self.archives_there.append(replace(known, **again))
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
        """A file's account in this pull; `rest`: its columns that are not empty."""
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
            raise ExportsError(
                f"{self.config.file}: sources.{self.source.name}: the way its files are read was changed, but"
                f" {len(gone)} file(s) loaded before are gone or different now ({in_short(gone)})"
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


def _sha_of(export: locate.Export, known: Container[str]) -> str:
    """An archive's hash; one that lies elsewhere, unchanged and known, is not fetched for it."""
    if export.remote and export.remote[0].known_sha256 in known:
        return str(export.remote[0].known_sha256)
    return locate.read_once(_whole(export), is_text=False, copy_to=None).sha256
