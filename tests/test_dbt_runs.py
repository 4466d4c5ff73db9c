"""dbt's calls: whose the parsed project is, what a model leaves in the warehouse, and that others get it back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from orchestration import dbt_runs, warehouse
from orchestration.home import Home


def test_a_changed_file_and_another_place_are_another_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    here = dbt_runs.project_digest()
    elsewhere = tmp_path / "dbt_project"
    shutil.copytree(warehouse.PROJECT, elsewhere, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(warehouse, "PROJECT", elsewhere)
    # Seeds are read from where the project was parsed: if that is removed, what was parsed is of no use.
    moved = dbt_runs.project_digest()
    (elsewhere / "models" / "canonical" / "int_interactions.sql").open("a").write("-- changed")
    assert len({here, moved, dbt_runs.project_digest()}) == 3


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


@pytest.fixture
def asked_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that holds, of all that models read, what a table and a view of the project are made from."""
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("STILLHERE_HOME", str(home.path))
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            """
            create schema canonical; create schema control;
            create table control.do_not_contact as select 'forum:ana' as account_id;
            create table control.run_weeks as select date '2026-05-04' as week_start;
            create table canonical.int_participants as
            select unnest(['all', 'forum']) as source, 'forum:ana' as account_id, 'forum:ana' as member_id;
            create table canonical.int_source_figure_weeks as
            select 'forum' as source, unnest([date '2026-04-27', date '2026-05-04']) as week_start,
                true as observes_views, true as observes_reactions, true as observes_reaction_counts,
                true as observes_threads, true as observes_members;
            """
        )
    return home


def build(home: Home, *models: str) -> list[str]:
    """Builds models; dbt's words for what failed."""
    return dbt_runs.build(home, models, lambda name, index, total: None).problems


def kind_of(home: Home, name: str) -> tuple[str, bool]:
    """Whether a model is a table or a view in the warehouse, and whether it and all its columns are described."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        kinds = connection.execute(
            "select 'table', comment from duckdb_tables() where table_name = $name"
            " union all select 'view', comment from duckdb_views() where view_name = $name",
            {"name": name},
        ).fetchall()
        columns = connection.execute("select comment from duckdb_columns() where table_name = ?", [name]).fetchall()
    [(kind, comment)] = kinds
    return kind, bool(comment) and all(text for (text,) in columns)


@pytest.mark.parametrize(
    ("model", "other", "kind"), [("int_do_not_contact", "view", "table"), ("int_source_run_weeks", "table", "view")]
)
def test_a_model_takes_the_place_of_whatever_was_there(asked_home: Home, model: str, other: str, kind: str):
    with duckdb.connect(str(asked_home.warehouse)) as connection:
        connection.execute(f"create {other} canonical.{model} as select 1 as of_another_version")
    for _ in range(2):  # the second time it takes its own place
        assert build(asked_home, model) == []
        assert kind_of(asked_home, model) == (kind, True)
    with duckdb.connect(str(asked_home.warehouse)) as connection:
        rows = connection.execute(f"select source from canonical.{model} order by all").fetchall()
    assert rows == ([("all",), ("forum",)] if kind == "table" else [("forum",)])


def test_what_cannot_be_computed_leaves_the_rows_of_before(asked_home: Home):
    assert build(asked_home, "int_do_not_contact") == []
    with duckdb.connect(str(asked_home.warehouse)) as connection:
        # What is dropped first in the same transaction is there again when the computing fails.
        connection.execute("alter table canonical.int_participants rename column member_id to somebody")
    assert any("member_id" in problem for problem in build(asked_home, "int_do_not_contact"))
    assert kind_of(asked_home, "int_do_not_contact") == ("table", True)
    with duckdb.connect(str(asked_home.warehouse)) as connection:
        assert connection.execute("select count(*) from canonical.int_do_not_contact").fetchall() == [(2,)]
