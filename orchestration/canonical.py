"""The canonical rows built without a Dagster run: for commands that look at them, or make a home anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from datetime import date

from orchestration import dbt_runs, warehouse
from orchestration.community import Community


def is_hidden(community: Community) -> Callable[[str], bool]:
    """Tells the models of formats that no source has, by their names."""
    configured = community.model_families()
    return lambda name: dbt_runs.format_of(name) not in (None, *configured)


def with_inputs(community: Community, models: Iterable[str]) -> list[str]:
    """The names of models and of all that they stand on, but for formats that no source has."""
    return [node.name for node in dbt_runs.with_ancestors(models, is_hidden(community))]


def build(
    community: Community, models: Sequence[str], say: Callable[[str], None], weeks: Sequence[date] = ()
) -> list[str]:
    """Builds models and seeds in a home's warehouse, which the environment has to name too.

    Args:
        say: told which model is being built.
        weeks: the weeks of which reports among the models are computed.

    Returns:
        dbt's words for what failed; empty where all went well.
    """
    warehouse.write_control(community.config, community.home, weeks)
    log = community.home.dagster / "stdout.log"
    with log.open("a", encoding="utf-8") as out, redirect_stdout(out):
        done = dbt_runs.build(
            community.home, models, lambda name, index, total: say(f"dbt: {name} ({index}/{total})")
        )  # fmt: skip
    return done.problems
