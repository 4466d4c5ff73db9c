"""The warehouse and the pages, made anew from a lake in which the erased are no more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import date

from orchestration import canonical, dbt_runs, warehouse
from orchestration.community import Community
from orchestration.errors import BuildError
from orchestration.page import pages
from orchestration.publish import inputs_fingerprints


def weeks_up_to_date(community: Community, say: Callable[[str], None]) -> dict[str, str]:
    """The published weeks that stand on what lake and config say now, each with what tells that.

    Looked at on the rows as they are before anything is erased: what is due for another reason has to stay due.
    """
    published = warehouse.published_weeks(community.home)
    if not published:
        return {}
    _build(community, canonical.with_inputs(community, ["int_week_inputs"]), say)
    with warehouse.connect(community.home.warehouse, read_only=True) as connection:
        now = inputs_fingerprints(connection, list(published))
    return {str(week): now[week] for week in sorted(published) if now[week] == published[week]}


def warehouse_anew(community: Community, say: Callable[[str], None]) -> None:
    """Drops the warehouse and builds it anew, with the reports of all published weeks: any of them may be run again."""
    home = community.home
    for file in home.path.glob(f"{home.warehouse.name}*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    nodes = json.loads(dbt_runs.manifest_file().read_text(encoding="utf-8"))["nodes"].values()
    is_hidden = canonical.is_hidden(community)
    names = [node["name"] for node in nodes if node["resource_type"] in ("model", "seed")]
    weeks = sorted(warehouse.published_weeks(home))
    _build(community, [name for name in names if not is_hidden(name)], say, weeks)


def pages_anew(community: Community) -> None:
    """Brings lists and pages in line with the published file."""
    with warehouse.connect(community.home.published, read_only=True) as connection:
        weeks = connection.execute("select distinct week_start from reports.report_editions order by 1").fetchall()
    pages.write(community.home, community.config, [week for (week,) in weeks])


def _build(
    community: Community, models: list[str], say: Callable[[str], None], weeks: Sequence[date] = ()
) -> None:  # fmt: skip
    if problems := canonical.build(community, models, say, weeks):
        raise BuildError(f"dbt failed:\n{dbt_runs.words(problems)}")
