"""The parsed project: whose it is, where it is kept, and that a call leaves the warehouse to others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration import dbt_runs, warehouse
from orchestration.home import Home


def test_a_changed_file_and_another_place_are_another_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    here = dbt_runs._project_digest()
    elsewhere = tmp_path / "dbt_project"
    shutil.copytree(warehouse.PROJECT, elsewhere, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(warehouse, "PROJECT", elsewhere)
    # Seeds are read from where the project was parsed: if that is removed, what was parsed is of no use.
    moved = dbt_runs._project_digest()
    (elsewhere / "models" / "canonical" / "int_interactions.sql").open("a").write("-- changed")
    assert len({here, moved, dbt_runs._project_digest()}) == 3


def test_a_cache_that_cannot_be_written_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    found = dbt_runs._cache()
    assert found.is_dir() and tmp_path not in found.parents
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert dbt_runs._cache() == tmp_path / "cache" / "stillhere"


def test_seeds_are_read_from_this_checkout():
    nodes = json.loads(dbt_runs.manifest_file().read_text(encoding="utf-8"))["nodes"].values()
    places = {node["root_path"] for node in nodes if node["resource_type"] == "seed"}
    assert places == {str(warehouse.PROJECT)}


def test_a_call_builds_what_is_asked_and_closes_the_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("STILLHERE_HOME", str(home.path))
    begun: list[str] = []
    done = dbt_runs.build(
        home, {"interaction_types"}, lambda name, index, total: begun.append(f"{name} {index}/{total}")
    )
    assert (done.built, done.problems, begun) == (["interaction_types"], [], ["interaction_types 1/1"])
    # For writing too: dbt has let go of the file.
    with duckdb.connect(str(home.warehouse)) as connection:
        assert connection.execute("select count(*) > 5 from canonical.interaction_types").fetchall() == [(True,)]


def test_what_fails_is_said_in_the_words_of_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("STILLHERE_HOME", str(home.path))
    done = dbt_runs.build(home, {"int_week_inputs"}, lambda name, index, total: None)
    assert any("int_week_inputs" in problem for problem in done.problems)
    assert any("does not exist" in problem for problem in done.problems)
    duckdb.connect(str(home.warehouse)).close()
