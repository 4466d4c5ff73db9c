"""What Dagster is told of freshly built models."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration import headlines
from orchestration.community import Community
from tests.communities import LAST, Place

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
