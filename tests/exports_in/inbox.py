"""A community with one source: put exports in, pull, and look at the lake, the quarantine and the ledger."""

from __future__ import annotations

import glob
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet

from orchestration import config
from orchestration.exports.lake import FileAccount, Ledger
from orchestration.exports.pull import PullResult, pull
from orchestration.home import Home

# What is told of a text that Excel and Windows saved as "Unicode".
UTF_16 = "not UTF-8 text (near byte 0): it is UTF-16; save it as UTF-8 (in Excel, as CSV UTF-8)"
SLACK = """
[[sources]]
name = "slack"
format = "slack"
path = "exports"
"""


class Inbox:
    """`folder/stillhere.toml`, the exports in `folder/exports`, the home in `folder/.stillhere`."""

    def __init__(self, folder: Path, source: str = SLACK, timezone: str = "UTC", week_start_day: str = "monday"):
        self.folder = folder
        self.exports = folder / "exports"
        self.exports.mkdir(parents=True, exist_ok=True)
        self.home = Home(folder / ".stillhere").create()
        self.community = f'[community]\nname = "x"\ntimezone = "{timezone}"\nweek_start_day = "{week_start_day}"\n'
        self.configure(source)

    def configure(self, source: str) -> None:
        """Writes the config anew, with this source."""
        self.config_file = self.folder / "stillhere.toml"
        self.config_file.write_text(self.community + source, encoding="utf-8")
        self.source = config.load(self.config_file).sources[0].name

    def put(self, name: str, content: str | bytes | list | dict) -> Path:
        """Writes a file of an export; lists and dicts as JSON."""
        path = self.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, list | dict):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def pull(self) -> PullResult:
        """Pulls, and checks that the account adds up: in the result, in the ledger, in lake and quarantine."""
        loaded = config.load(self.config_file)
        result = pull(loaded, loaded.sources[0], self.home)
        for account in (*result.accounts, *self.accounts()):
            assert account.rows_read == account.rows_loaded + account.rows_quarantined, account
        assert not list(self.home.path.rglob("*.part"))
        assert not list(self.home.path.rglob("_incoming"))
        accounts = self.accounts()
        assert sum(account.rows_loaded for account in accounts) == self.count()
        assert sum(account.rows_quarantined for account in accounts) == len(self.quarantine())
        return result

    def accounts(self) -> list[FileAccount]:
        """Every file account of the ledger."""
        return Ledger(self.home, self.source).files()

    def account(self, file: str) -> FileAccount:
        """The one account that holds rows or a reason of a file."""
        (found,) = [a for a in self.accounts() if a.file == file and a.outcome in ("loaded", "unreadable")]
        return found

    def parts(self, table: str = "*") -> list[Path]:
        """The lake's Parquet files of the source."""
        return sorted((self.home.lake / self.source).glob(f"{table}/week=*/*.parquet"))

    def weeks(self, table: str) -> list[str]:
        """The weeks that hold rows of a raw table."""
        return sorted({part.parent.name.removeprefix("week=") for part in self.parts(table)})

    def count(self) -> int:
        """Rows in the lake, over all raw tables."""
        return sum(pyarrow.parquet.read_metadata(part).num_rows for part in self.parts())

    def rows(self, table: str, columns: str = "*", rest: str = "order by all") -> list[tuple]:
        """Rows of a raw table; one column alone comes without its tuple."""
        if not (parts := self.parts(table)):
            return []
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            files = [glob.escape(str(part)) for part in parts]
            found = connection.execute(
                f"select {columns} from read_parquet($files) {rest}", {"files": files}
            ).fetchall()
        return [row[0] for row in found] if found and len(found[0]) == 1 else found

    def described(self, table: str) -> dict[str, str]:
        """Column -> type of a raw table, which must be the same in all its parts."""
        found = set()
        with duckdb.connect() as connection:
            for part in self.parts(table):
                rows = connection.execute("describe select * from read_parquet($file)", {"file": str(part)}).fetchall()
                found.add(tuple((row[0], row[1]) for row in rows))
        (columns,) = found
        return dict(columns)

    def quarantine(self) -> list[dict[str, Any]]:
        """What could not be read, in the order it was met."""
        return [
            json.loads(line)
            for path in sorted((self.home.quarantine / self.source).glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]

    def reasons(self) -> dict[Any, str]:
        """Reason by row; for whole files by name."""
        return {entry["row"] or entry["file"]: entry["reason"] for entry in self.quarantine()}

    def trace(self) -> list[str]:
        """Every file that a pull may have written."""
        return sorted(
            str(path.relative_to(self.home.path))
            for folder in (self.home.lake, self.home.ledger, self.home.quarantine)
            for path in folder.rglob("*")
            if path.is_file()
        )

    def footprint(self) -> dict[str, tuple[str, int]]:
        """Every file that a pull may touch: what it holds, and when it was written."""
        return {
            str(path.relative_to(self.home.path)): (
                hashlib.sha256(path.read_bytes()).hexdigest(),
                path.stat().st_mtime_ns,
            )
            for folder in (self.home.lake, self.home.ledger, self.home.quarantine)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def holds(self, text: str) -> list[str]:
        """Where a text is kept, in any file of lake, ledger and quarantine; Parquet files are searched by value."""
        found = []
        with duckdb.connect() as connection:
            for folder in (self.home.lake, self.home.ledger, self.home.quarantine):
                for path in folder.rglob("*.*"):
                    if path.suffix == ".parquet":
                        rows = connection.execute(f"select * from read_parquet('{path}')").fetchall()
                        found += [str(path)] if text in str(rows) else []
                    elif path.is_file() and text in path.read_text(encoding="utf-8"):
                        found.append(str(path))
        return found
