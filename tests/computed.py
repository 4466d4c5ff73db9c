"""A community computed by what `stillhere run` is made of, for tests that look at figures alone.

Pulled, built by one dbt call and published, but with neither Dagster nor the pages, which take the most of a run of
hundreds of weeks. That the command does the same is what the tests of the sample community and of a forum show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from orchestration import dbt_runs, formats, warehouse
from orchestration.community import Community
from orchestration.exports import lake
from orchestration.exports.pull import pull
from orchestration.publish import publish
from tests.communities import Place


def pulled(config_file: Path) -> Community:
    """The community of a config with all of its exports pulled; its home is `.stillhere` beside the config."""
    community = Community.of(config_file, config_file.parent / ".stillhere")
    lake.write_schemas(community.home.create(), formats.raw_tables())
    for source in community.config.sources:
        pull(community.config, source, community.home)
    return community


def computed(community: Community, weeks: Iterable[date], *models: str) -> None:
    """Computes weeks in the warehouse: these models with all that they stand on; with none named, all there are."""
    warehouse.write_control(community.config, community.home, list(weeks))
    families = community.model_families()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STILLHERE_HOME", str(community.home.path))
        environment.setenv("STILLHERE_FORMATS", ",".join(sorted(families)))
        done = dbt_runs.build(community.home, _to_build(families, models), lambda name, index, total: None)
    assert not done.problems, "\n".join(done.problems)


def _to_build(families: set[str], models: tuple[str, ...]) -> set[str]:
    """The names of models and of what they stand on, without those of formats that the community does not have."""
    nodes = json.loads(dbt_runs.manifest_file().read_text(encoding="utf-8"))["nodes"].values()
    every = {node["name"] for node in nodes if node["resource_type"] in ("model", "seed")}
    of_others = {node["name"] for node in nodes if dbt_runs.format_of(node["name"]) not in (None, *families)}
    found = {node.name for node in dbt_runs.with_ancestors(models or every, of_others.__contains__)}
    assert found >= set(models), f"no such models: {set(models) - found}"
    return found


def looked_at(community: Community, sql: str) -> list[tuple]:
    """Rows of a query on the warehouse."""
    with warehouse.connect(community.home.warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def published(config_file: Path, weeks: Iterable[date]) -> Place:
    """A community with these weeks computed, checked and published, each of them found good."""
    community, weeks = pulled(config_file), sorted(weeks)
    computed(community, weeks)
    done = publish(community.home, weeks, "a test")
    assert done.published == weeks, done.withheld
    return Place(config_file, community.home)
