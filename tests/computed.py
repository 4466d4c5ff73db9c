"""A community computed by what `stillhere run` is made of, for tests that look at figures alone.

Pulled, built by one dbt call and published, but with neither Dagster nor the pages, which take the most of a run of
hundreds of weeks. That the command does the same is what the tests of the sample community and of a forum show.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from orchestration import formats, warehouse
from orchestration.community import Community
from orchestration.exports import lake
from orchestration.exports.pull import pull
from orchestration.publish import publish
from tests.communities import Place

DBT = Path(sys.executable).with_name("dbt")


def pulled(config_file: Path) -> Community:
    """The community of a config with all of its exports pulled; its home is `.stillhere` beside the config."""
    community = Community.of(config_file, config_file.parent / ".stillhere")
    lake.write_schemas(community.home.create(), formats.raw_tables())
    for source in community.config.sources:
        pull(community.config, source, community.home)
    return community


def computed(community: Community, weeks: Iterable[date], *arguments: str, project: Path = warehouse.PROJECT) -> None:
    """Computes weeks in the warehouse: the models of the community's formats, or those that the arguments select."""
    warehouse.write_control(community.config, community.home, list(weeks))
    target = community.home.dbt / "target"
    families = community.model_families()
    others = {family for name in formats.names() if (family := formats.get(name).model_family) not in families}
    left_out = [f"{kind}_{family}__*" for family in sorted(others) for kind in ("stg", "int")]
    done = subprocess.run(
        [
            str(DBT), "build", "--resource-type", "model", "--resource-type", "seed", "--project-dir", str(project),
            "--profiles-dir", str(project), "--target-path", str(target), "--log-path", str(target), *arguments,
            "--exclude", *left_out,
        ],
        env=warehouse.dbt_environment(community.home)
        | {"PYTHONWARNINGS": "ignore", "STILLHERE_FORMATS": ",".join(sorted(families))},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


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
