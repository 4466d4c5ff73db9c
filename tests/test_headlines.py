"""What Dagster is told of freshly built models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from orchestration import headlines
from orchestration.assets.models import add_metadata
from orchestration.community import Community
from tests.communities import LAST, WEEK, Place

CANONICAL = ["int_members", "int_interactions", "int_week_inputs"]


def versions(place: Place, models: list[str]) -> dict[str, str | None]:
    """The data versions that models get."""
    described = headlines.describe(Community.of(place.config, place.home.path), models, [LAST])
    return {model: description.data_version for model, description in described.items()}


@pytest.mark.parametrize("most", [headlines.MOST_ROWS_HASHED, 10])
def test_a_version_changes_with_the_rows(sample: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int):
    """Small tables are told by a hash of their rows, large ones by what all rows of the exports came to."""
    monkeypatch.setattr(headlines, "MOST_ROWS_HASHED", most)
    place = sample.copy(tmp_path / "community")
    before = versions(place, CANONICAL)
    assert None not in before.values() and versions(place, CANONICAL) == before
    with duckdb.connect(str(place.home.warehouse)) as connection:
        connection.execute("update canonical.int_members set member_name = 'Somebody else' where is_official")
        [(newest,)] = connection.execute("select max(week_start) from canonical.int_week_inputs").fetchall()
        connection.execute(
            "update canonical.int_week_inputs set inputs_fingerprint = 'other' where week_start = ?", [newest]
        )
    after = versions(place, CANONICAL)
    assert after["int_members"] != before["int_members"]
    # Of what was hashed itself it is known that it is the same.
    assert (after["int_interactions"] == before["int_interactions"]) == (most > 10)


def test_a_model_built_without_the_inputs_is_hashed(sample: Place, monkeypatch: pytest.MonkeyPatch):
    hashed = versions(sample, ["int_members"])
    monkeypatch.setattr(headlines, "MOST_ROWS_HASHED", 10)
    assert versions(sample, ["int_members"]) == hashed != versions(sample, ["int_members", "int_week_inputs"])


def test_what_is_said_of_a_week_is_said_of_that_week():
    """As with `context.add_asset_metadata` for each; it is added by names of Dagster's that are not public."""
    days = [date(2026, 3, 2) + n * WEEK for n in range(4)]
    weeks = dg.StaticPartitionsDefinition([str(day) for day in days])
    told = {key: {day: {"headlines": f"{key} {day}"} for day in days[:3]} for key in ("first", "second")}

    def materialized(add: Callable[[Any, str], None]) -> dict[tuple[str, str | None], dict[str, Any]]:
        @dg.multi_asset(specs=[dg.AssetSpec(key, partitions_def=weeks) for key in told])
        def built(context):
            for key in told:
                add(context, key)
                yield dg.MaterializeResult(asset_key=key, metadata={"rows": 1})

        tags = {"dagster/asset_partition_range_start": str(days[0]), "dagster/asset_partition_range_end": str(days[-1])}
        with dg.DagsterInstance.ephemeral() as instance:
            events = dg.materialize([built], instance=instance, tags=tags).get_asset_materialization_events()
        found = [event.materialization for event in events]
        return {(m.asset_key.to_user_string(), m.partition): dict(m.metadata) for m in found}

    def one_by_one(context: Any, key: str) -> None:
        for day, metadata in told[key].items():
            context.add_asset_metadata(metadata, key, str(day))

    at_once = materialized(lambda context, key: add_metadata(context, dg.AssetKey(key), told[key]))
    assert at_once == materialized(one_by_one)
    assert len(at_once) == 8
    assert at_once["second", str(days[1])]["headlines"].value == f"second {days[1]}"
