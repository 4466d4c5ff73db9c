"""The sensor for new export files, and the pulls' second try."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from orchestration import arrivals, definitions
from orchestration.assets import exports
from orchestration.community import Community
from orchestration.exports import remote
from orchestration.home import HomeLock
from tests.communities import LAST, Place, slack_message
from tests.exports_in.slack_export import files
from tests.test_remote_exports import Web, zip_bytes


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


class Watched:
    """A community whose sensor is asked again and again, as the daemon does."""

    def __init__(self, community: Community):
        self.community, self.cursor = community, None
        self.instance = dg.DagsterInstance.ephemeral()
        self.defs = definitions.build(community)

    def look(self) -> dg.SensorResult | dg.SkipReason:
        """One look of the sensor."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, repository_def=self.defs.get_repository_def()
        )
        found = self.defs.resolve_sensor_def("new_exports")(context)
        if isinstance(found, dg.SensorResult) and found.cursor:
            self.cursor = found.cursor
        return found

    def look_until_pull(self) -> dg.RunRequest:
        """Looks until the files have stayed the same."""
        assert self.look().skip_reason
        return self.look().run_requests[0]


def community_of(folder: Path, source_path: str = "exports") -> Community:
    folder.mkdir(exist_ok=True)
    (folder / "stillhere.toml").write_text(
        '[community]\nname = "x"\n[[sources]]\nname = "slack"\nformat = "slack"\n' + f'path = "{source_path}"\n'
    )
    return Community.of(folder / "stillhere.toml", folder / "home")


def write_zip(target: Path, messages: int) -> None:
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"never read" * messages)


def test_files_count_once_they_stay_the_same(tmp_path: Path) -> None:
    file = tmp_path / "community" / "exports" / "one.zip"
    watched = Watched(community_of(tmp_path / "community"))
    assert "nothing lies there" in watched.look().skip_message
    write_zip(file, 1)
    assert watched.look().run_requests == []
    write_zip(file, 2)
    assert watched.look().run_requests == [], "it is still growing"
    request = watched.look().run_requests[0]
    assert request.job_name == "pull_exports"
    # What is no export at all is read by the pull, not by the sensor; and nothing is due without a warehouse.
    assert watched.look().skip_reason.skip_message == "The new export files change no week."
    assert watched.look().skip_message == "No export file is new or changed."
    before = request.run_key
    write_zip(file, 3)
    assert watched.look_until_pull().run_key != before


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        (status, status.value not in ("SUCCESS", "FAILURE", "CANCELED"))
        for status in dg.DagsterRunStatus
        if status.value not in ("MANAGED", "SUSPENDED")  # no run of ours ever is
    ],
)
def test_weeks_are_not_looked_at_while_a_run_is_to_come_or_goes_on(tmp_path: Path, status, waits: bool) -> None:
    """Its rows are not all there yet: what is due is known when it has ended, however it ends."""
    community = community_of(tmp_path / "community")
    write_zip(tmp_path / "community" / "exports" / "one.zip", 1)
    watched = Watched(community)
    watched.look_until_pull()
    # A run that waits in the queue says which server it came from.
    server = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("stillhere"), "stillhere")
    run = dg.DagsterRun(
        job_name="pull_exports", status=status, remote_job_origin=RemoteJobOrigin(server, "pull_exports")
    )
    watched.instance.add_run(run)
    found = watched.look()
    if waits:
        assert found.skip_message.startswith("A run is going on")
    else:
        assert found.skip_reason.skip_message == "The new export files change no week."


def test_a_touched_file_counts_and_the_home_does_not(tmp_path: Path) -> None:
    community = community_of(tmp_path / "community", source_path=".")
    write_zip(tmp_path / "community" / "exports" / "one.zip", 1)
    first = arrivals.fingerprint(community)
    community.home.create()
    (community.home.lake / "rows.parquet").write_text("rows")
    assert arrivals.fingerprint(community) == first
    os.utime(tmp_path / "community" / "exports" / "one.zip", (1, 1))
    assert arrivals.fingerprint(community) != first


def test_a_file_on_the_web_counts_by_its_etag(tmp_path: Path) -> None:
    web = Web()
    web.content["/slack.zip"] = b"never read"
    community = community_of(tmp_path / "community", web.url("/slack.zip"))
    first = arrivals.fingerprint(community)
    assert arrivals.fingerprint(community) == first
    web.content["/slack.zip"] = b"never rEad"
    assert arrivals.fingerprint(community) != first
    web.shutdown()
    web.server_close()


def test_the_weeks_that_new_files_change_are_requested_once(sample: Place, tmp_path: Path) -> None:
    place = sample.copy(tmp_path / "copy")
    # That a run changes these weeks and none before is what the tests of reruns show, by the same late week.
    late = LAST - timedelta(days=7 * 2)
    slack_message(place, late + timedelta(days=1))
    watched = Watched(Community.of(place.config, place.home.path))
    assert watched.look_until_pull().job_name == "pull_exports"
    with HomeLock(place.home).if_free("this test") as is_free:
        assert is_free
        assert watched.look().skip_message.startswith("The home is in use")
    done = watched.defs.resolve_job_def("pull_exports").execute_in_process(instance=watched.instance)
    assert done.success
    HomeLock(place.home).release()
    (request,) = watched.look().run_requests
    assert request.tags["stillhere/week"] == f"{late} to {LAST}", "from the late message's week on"
    assert request.tags["dagster/asset_partition_range_start"] == f"{late}"
    assert {key.to_user_string() for key in request.asset_selection} >= {"published/stillhere", "reports/report_churn"}
    assert watched.look().skip_message == "No export file is new or changed."


def test_a_pull_that_got_no_answer_is_tried_again_and_a_mistake_is_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(remote, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(exports, "RETRIES", dg.RetryPolicy(max_retries=2, delay=0.1))
    web = Web()
    web.content["/slack.zip"] = zip_bytes(files())
    web.trouble["/slack.zip"] = ["503"] * 9

    def pulled(path: str) -> tuple[bool, list[str]]:
        community = community_of(tmp_path / "community", web.url(path))
        job = dg.Definitions(
            assets=[exports.exports_asset(community, community.config.sources[0])],
            jobs=[dg.define_asset_job("pull", executor_def=dg.in_process_executor)],
        ).resolve_job_def("pull")
        result = job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
        HomeLock(community.home).release()
        return result.success, [event.event_type_value for event in result.all_events]

    success, events = pulled("/slack.zip")
    assert success and "STEP_UP_FOR_RETRY" in events
    success, events = pulled("/missing.zip")
    assert not success and "STEP_UP_FOR_RETRY" not in events
    web.shutdown()
    web.server_close()
