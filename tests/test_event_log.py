"""Dagster's event log written many events at a time: the same rows as Dagster's own class writes one by one."""

import os
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.event_log import EventLog

WEEKS = dg.StaticPartitionsDefinition([f"2026-{month:02}-01" for month in range(1, 10)])


@dg.multi_asset(
    specs=[
        dg.AssetSpec("first", partitions_def=WEEKS, tags={"dagster/kind/dbt": ""}),
        dg.AssetSpec("second", deps=["first"], partitions_def=WEEKS),
        dg.AssetSpec("whole"),
    ],
    check_specs=[dg.AssetCheckSpec("expectations", asset="first")],
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def weekly(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Assets of weeks and one of none, with a check, as the models have them."""
    for week in context.partition_keys:
        context.add_asset_metadata({"of": week}, "first", week)
    yield dg.MaterializeResult(asset_key="first", metadata={"rows": 3}, tags={"a": "b"})
    yield dg.MaterializeResult(asset_key="second", data_version=dg.DataVersion("x"))
    yield dg.MaterializeResult(asset_key="whole")
    yield dg.AssetCheckResult(asset_key="first", check_name="expectations", passed=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Dagster home with our event log."""
    ours = "event_log_storage: {module: orchestration.event_log, class: EventLog, config: {base_dir: runs}}"
    (tmp_path / "dagster.yaml").write_text(f"{ours}\ntelemetry: {{enabled: false}}\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    return tmp_path


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """One run over all weeks."""
    defs = dg.Definitions(assets=[weekly], jobs=[dg.define_asset_job("all", executor_def=dg.in_process_executor)])
    weeks = WEEKS.get_partition_keys()
    tags = {"dagster/asset_partition_range_start": weeks[0], "dagster/asset_partition_range_end": weeks[-1]}
    return defs.resolve_job_def("all").execute_in_process(instance=instance, tags=tags)


def rows(folder: Path, run_id: str) -> dict[str, list[tuple]]:
    """All rows of the tables of an event log, but for the moment at which they were written."""
    found = {}
    for file in (f"{run_id}.db", "index.db"):
        with sqlite3.connect(folder / file) as connection:
            tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
            for table in tables:
                columns = [column[1] for column in connection.execute(f"pragma table_info({table})")]
                kept = ", ".join(
                    f'"{column}"' for column in columns if column not in ("create_timestamp", "migration_completed")
                )
                found[f"{file} {table}"] = connection.execute(f"select {kept} from {table} order by 1").fetchall()
    return found


def handed_over_together(event: EventLogEntry) -> object:
    """The same for events of one batch: all that is planned, and the materializations of an asset."""
    kind = event.dagster_event_type
    return kind and (kind.value.endswith("_PLANNED") or (kind, event.get_dagster_event().asset_key))


def test_a_batch_leaves_the_same_rows_as_its_events_one_by_one(home: Path, tmp_path: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        run_id = run(instance).run_id
        events = [record.event_log_entry for record in instance.get_records_for_run(run_id).records]
        stock, ours = tmp_path / "stock", tmp_path / "ours"
        one_by_one, at_once = SqliteEventLogStorage(str(stock)), EventLog(str(ours))
        for storage in (one_by_one, at_once):
            storage.register_instance(instance)
        for event in events:
            one_by_one.store_event(event)
        batches = [list(batch) for _, batch in groupby(events, handed_over_together)]
        for batch in batches:
            at_once.store_event_batch(batch)
    weeks = len(WEEKS.get_partition_keys())
    # Two assets of weeks and one of none, planned together with the check, and then as they are materialized.
    assert sorted(map(len, batches))[-3:] == [weeks, weeks, 2 * weeks + 2]
    assert rows(ours, run_id) == rows(stock, run_id)
    assert len(rows(stock, run_id)["index.db asset_check_executions"]) > 0
    assert len(rows(stock, run_id)["index.db asset_keys"]) == 3


def test_events_of_an_asset_are_written_together(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, Dagster no longer hands them over in batches, and a backfill takes minutes again."""
    written = []
    store = EventLog.store_event_batch
    monkeypatch.setattr(
        EventLog, "store_event_batch", lambda self, events: (written.append(len(events)), store(self, events))
    )
    with dg.DagsterInstance.get() as instance:
        assert os.environ["DAGSTER_EVENT_BATCH_SIZE"] == "1000"
        result = run(instance)
        weeks = len(WEEKS.get_partition_keys())
        found = instance.get_records_for_run(result.run_id).records
    assert result.success
    # What is planned comes first, then the two assets that have weeks.
    assert [size for size in written if size == weeks] == [weeks, weeks] and max(written) > 2 * weeks
    kinds = [record.event_log_entry.dagster_event_type for record in found]
    assert kinds.count(dg.DagsterEventType.ASSET_MATERIALIZATION) == 2 * weeks + 1


def test_a_run_whose_batch_cannot_be_written_is_written_one_by_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def broken(self: EventLog, events: list[EventLogEntry]) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(EventLog, "store_event_batch", broken)
    with dg.DagsterInstance.get() as instance:
        result = run(instance)
        materialized = instance.get_materialized_partitions(dg.AssetKey("first"))
    assert result.success
    assert materialized == set(WEEKS.get_partition_keys())
    assert "Falling back" in capsys.readouterr().err
