"""What all weeks stand on is built when something that it is made of has changed, and only then."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration import definitions, standing
from orchestration.community import Community
from orchestration.home import Home
from orchestration.runs import _execute
from tests.communities import Place

CONFIG = """\
[community]
name = "Village"

[[sources]]
name = "forum"
format = "table"
path = "acts"
type = "post"
[sources.columns]
member = "who"
at = "at"
"""
MODEL = "canonical.int_members"


def village(folder: Path) -> Place:
    """A community of two weeks, published."""
    (folder / "acts").mkdir(parents=True)
    (folder / "stillhere.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "acts" / "one.csv").write_text("who,at\nann,2026-01-05 10:00\nbea,2026-01-13 10:00\n", encoding="utf-8")
    place = Place(folder / "stillhere.toml", Home(folder / ".stillhere"))
    ran(place)
    return place


def ran(place: Place) -> None:
    """Runs what is due."""
    done = place.run()
    assert done.returncode == 0, done.stdout + done.stderr


def mark(place: Place) -> None:
    """Describes a model in words that building it would put others in place of."""
    with duckdb.connect(str(place.home.warehouse)) as connection:
        connection.execute(f"comment on table {MODEL} is 'as it was'")


def was_built(place: Place) -> bool:
    """Whether the model was built since it was marked; marks it again."""
    with duckdb.connect(str(place.home.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select comment from duckdb_tables() where schema_name || '.' || table_name = ?", [MODEL]
        ).fetchall()
    mark(place)
    return found != [("as it was",)]


def test_only_what_changed_is_built(tmp_path: Path):
    place = village(tmp_path / "village")
    mark(place)
    ran(place)
    assert not was_built(place), "nothing had changed"
    done = place.run("--from", "2026-01-05", "--to", "2026-01-05")
    assert done.returncode == 0 and not was_built(place), "a week run again changes nothing that all weeks stand on"
    (place.config.parent / "acts" / "two.csv").write_text("who,at\ncem,2026-01-14 10:00\n", encoding="utf-8")
    ran(place)
    assert was_built(place), "an export came"
    assert place.published("select max(members) from reports.report_activity where source = 'all'") == [(3,)]
    place.config.write_text(CONFIG + "\n[thresholds]\nnewbie_days = 10\n", encoding="utf-8")
    ran(place)
    assert was_built(place), "a threshold changed"
    copy = place.copy(tmp_path / "moved")
    ran(copy)
    assert was_built(copy), "views name the lake by its place"


def test_what_one_asks_for_alone_is_built_though_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = village(tmp_path / "village")
    mark(place)
    community = Community.of(place.config, place.home.path)
    for name in ("STILLHERE_CONFIG", "STILLHERE_HOME", "STILLHERE_FORMATS", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # so that what is set now is gone after the test
    defs = definitions.build(community)
    with dg.DagsterInstance.get() as instance:
        result = _execute(defs, definitions.PULL_JOB, instance)
        assert result.success and not was_built(place)
        alone = dg.materialize(
            [asset for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition)],
            instance=instance,
            selection=dg.AssetSelection.keys(["canonical", "int_members"]),
        )
    assert alone.success and was_built(place)


def test_a_record_of_something_else_is_gone_for_good(tmp_path: Path):
    """A build that was killed half way has left models of two kinds: what was built before it holds no longer."""
    home = Home(tmp_path).create()
    assert standing.names(home, "project") == []
    standing.remember(home, "project", ["one", "two"])
    assert standing.names(home, "project") == ["one", "two"]
    assert standing.names(home, "another project") == []
    assert standing.names(home, "project") == []
