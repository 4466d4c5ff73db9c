"""Dagster's own SQLite event log, with connections that are kept and events that are written many at a time.

A backfill of 100 weeks records some 6,000 events. Dagster opens a new engine for each statement, which compiles the
statement anew and checkpoints the file when it closes, and writes each event in transactions of its own: more than a
minute for 300 weeks. Nothing but that is changed: same files, same tables, same rows, and the stock class reads them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine

_BUSY_SECONDS = 15 * 60
# Dagster hands events of one asset over together where this says how many at most; weeks of 20 years are one batch.
_BATCH = ("DAGSTER_EVENT_BATCH_SIZE", "1000")


class EventLog(SqliteEventLogStorage):
    """`SqliteEventLogStorage` with kept connections."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> EventLog:
        """Called by Dagster with the config of dagster.yaml; a relative `base_dir` lies below DAGSTER_HOME."""
        folder = Path(os.environ.get("DAGSTER_HOME", "")) / config_value["base_dir"]
        os.environ.setdefault(*_BATCH)
        return cls(base_dir=str(folder), inst_data=inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._kept_engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Stores events of one run as `store_event` does one by one, in one transaction a file."""
        kinds = {event.dagster_event_type for event in events}
        if not kinds <= ASSET_EVENTS | ASSET_CHECK_EVENTS or len({event.run_id for event in events}) > 1:
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(insert, rows)
        with self.index_connection() as connection:
            ids = [connection.execute(insert, row).inserted_primary_key[0] for row in rows]
            stored = list(zip(events, ids, strict=True))
            of_assets = [(event, id_) for event, id_ in stored if event.dagster_event_type in ASSET_EVENTS]
            self._store_asset_event_tags(connection, [e for e, _ in of_assets], [id_ for _, id_ in of_assets])
            # An asset has one row, which each event of a kind overwrites: the last one is enough.
            last = {(e.get_dagster_event().asset_key, e.dagster_event_type): (e, id_) for e, id_ in of_assets}
            for event, id_ in sorted(last.values(), key=lambda of_asset: of_asset[1]):
                self._store_asset_event(connection, event, id_)
        for event, id_ in stored:
            if event.dagster_event_type in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, id_)

    def has_table(self, table_name: str) -> bool:
        """As the stock class, which opens an engine and asks the file for each event."""
        return self._once("has_table", table_name, super().has_table)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._once("has_column", column_name, lambda name: ask(conn, name))

    def _once(self, question: str, name: str, ask: Callable[[str], bool]) -> bool:
        """What is there once is there for good; what is not there yet is asked for again."""
        there: set[tuple[str, str]] = self.__dict__.setdefault("_known_to_be_there", set())
        if (question, name) not in there and ask(name):
            there.add((question, name))
        return (question, name) in there

    def _kept_engine(self, shard: str) -> Engine:
        engines: dict[str, Engine] = self.__dict__.setdefault("_kept_engines", {})
        if shard not in engines:
            engine = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": _BUSY_SECONDS})
            event.listen(engine, "connect", _write_ahead)
            engines[shard] = engine
        return engines[shard]


def _write_ahead(connection: Any, record: Any) -> None:
    """With a write-ahead log, `normal` loses no consistency: at worst the last events, if the machine loses power."""
    connection.execute("pragma synchronous = normal")
