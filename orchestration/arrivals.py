"""The sensor `new_exports`: notices that export files were put in place, and has the weeks that they tell of reported.

It looks at names, sizes and times of change, never into a file. Files count once two looks in a row find the same, so
that one that is still being copied is left alone. Then the exports are pulled, and once they are, the weeks that became
due are reported: which ones, only the rows can tell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.assets.published import OF_A_WEEK
from orchestration.community import Community
from orchestration.config import Source
from orchestration.due import due
from orchestration.errors import UserError
from orchestration.exports.locate import Export
from orchestration.exports.pull import elsewhere, find
from orchestration.home import HomeLock
from orchestration.publish import inputs_fingerprints
from orchestration.warehouse import connect
from orchestration.weeks import contiguous, run_tags

SECONDS_BETWEEN_LOOKS = 30
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def arrivals_sensor(
    community: Community, pull_job: dg.UnresolvedAssetJobDefinition, weekly_job: dg.UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """The sensor. Off until somebody turns it on: the schedule alone keeps the weeks."""

    @dg.sensor(
        name="new_exports",
        jobs=[pull_job, weekly_job],
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description=(
            "Looks twice a minute whether export files are new or changed (by name, size and time, without reading"
            " them). If so it pulls them, and then reports the weeks that they change. Off until you turn it on."
        ),
    )
    def new_exports(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = json.loads(context.cursor) if context.cursor else {}
        try:
            now = fingerprint(community)
        except UserError as error:
            return dg.SkipReason(error.message)
        if now != before.get("seen"):
            return _waiting(
                {**before, "seen": now}, "Export files are new or changed; waiting until they stay the same."
            )
        if now != before.get("pulled"):
            request = dg.RunRequest(run_key=f"pull-{now}", job_name=pull_job.name, tags={"stillhere/exports": now})
            cursor = json.dumps({**before, "pulled": now})
            return dg.SensorResult(run_requests=[request], cursor=cursor)
        if now == before.get("reported"):
            return dg.SkipReason("No export file is new or changed.")
        if context.instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED), limit=1):
            return dg.SkipReason("A run is going on; which weeks are due is looked at when it has ended.")
        with HomeLock(community.home).if_free("the sensor new_exports") as is_free:
            if not is_free:
                return dg.SkipReason("The home is in use; which weeks are due is looked at when it is not.")
            requests = list(_due_weeks(community, weekly_job.name))
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else "The new export files change no week.",
            cursor=json.dumps({**before, "reported": now}),
        )

    return new_exports


def _waiting(cursor: dict[str, str], why: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=json.dumps(cursor))


def fingerprint(community: Community) -> str:
    """Identifies what lies in place of all sources: names, sizes and times of change.

    Raises:
        UserError: nothing lies at a source's path, or it cannot be reached.
    """
    digest = hashlib.sha256()
    for source in community.config.sources:
        for line in _entries(community, source):
            digest.update(f"{source.name}\t{line}\n".encode())
    return digest.hexdigest()[:16]


def _entries(community: Community, source: Source) -> Iterator[str]:
    place = elsewhere(community.config, source, community.home)
    for export in find(community.config, source, place):
        if export.path is None:
            yield from (f"{export.name}\t{one.name}\t{one.size}\t{one.version}" for one in export.remote)
        else:
            yield from _local_entries(export, community.home.path.resolve())


def _local_entries(export: Export, home: Path) -> Iterator[str]:
    assert export.path is not None
    paths = sorted(export.path.rglob("*")) if export.kind == "folder" else [export.path]
    for path in paths:
        # The home may lie within; what a run writes there is no arrival.
        if path.is_symlink() or not path.is_file() or path.resolve().is_relative_to(home):
            continue
        stat = path.stat()
        yield f"{export.name}\t{path!r}\t{stat.st_size}\t{stat.st_mtime_ns}"


def _due_weeks(community: Community, job_name: str) -> Iterator[dg.RunRequest]:
    """One run for each stretch of weeks that are due, once for the inputs that they are due with."""
    if not community.home.warehouse.exists():
        return
    weeks = due(community.config, community.home).weeks
    with connect(community.home.warehouse, read_only=True) as connection:
        inputs = inputs_fingerprints(connection, weeks)
    for start, stop in contiguous(weeks):
        yield dg.RunRequest(
            run_key=f"{start}..{stop}-{inputs[stop]}",
            job_name=job_name,
            asset_selection=list(OF_A_WEEK),
            tags=run_tags(start, stop),
        )
