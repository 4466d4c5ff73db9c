"""The names that operators and schedules hold on to: a rename has to show in review."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

import expectations
from orchestration import definitions
from orchestration.community import Community
from orchestration.sample_community import write

EXPORTS = {"exports/slack", "exports/shop"}
STAGING = {f"staging/stg_{name}" for name in ("slack__channels", "slack__messages", "slack__users", "orders__orders")}
REPORTS = {f"reports/{name}" for name in (*expectations.REPORTS, "export_files", "sources")}
PUBLISHED = {"published/stillhere"}


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Community:
    """The sample community, nothing pulled yet."""
    before = dict(os.environ)
    folder = tmp_path_factory.mktemp("definitions")
    yield Community.of(write(folder / "community"), folder / "home")
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def defs(community: Community) -> dg.Definitions:
    """All definitions of the sample community."""
    return definitions.build(community)


def keys_in(defs: dg.Definitions, group: str) -> set[str]:
    graph = defs.resolve_asset_graph()
    return {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).group_name == group}


def test_asset_keys_by_group(defs: dg.Definitions):
    assert keys_in(defs, "exports") == EXPORTS
    assert keys_in(defs, "staging") == STAGING
    assert keys_in(defs, "reports") == REPORTS
    assert keys_in(defs, "published") == PUBLISHED
    assert {"canonical/int_members", "canonical/int_interactions", "canonical/int_orders"} <= keys_in(defs, "canonical")


def test_formats_without_a_source_do_not_show(defs: dg.Definitions):
    names = [key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()]
    assert not [name for name in names if "table__" in name or name.startswith("control")]


def test_jobs_and_schedule(defs: dg.Definitions):
    assert {job.name for job in defs.resolve_all_job_defs()} >= {"weekly_report", "pull_exports"}
    schedule = defs.resolve_schedule_def("every_week")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * 1", "Europe/Berlin")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_sensor_for_new_exports_is_off_until_somebody_turns_it_on(defs: dg.Definitions):
    sensor = defs.resolve_sensor_def("new_exports")
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    assert {target.job_name for target in sensor.targets} == {"pull_exports", "weekly_report"}


def test_every_asset_has_an_owner_a_kind_and_words(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    for node in map(graph.get, graph.get_all_asset_keys()):
        assert node.owners == ["team:community"], node.key
        assert node.kinds and node.description, node.key


def test_columns_say_what_they_are_computed_from(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    keys = graph.get_all_asset_keys()
    lineage = graph.get(dg.AssetKey(["reports", "report_activity"])).metadata["dagster/column_lineage"]
    assert lineage.deps_by_column["posts"] == [
        dg.TableColumnDep(asset_key=dg.AssetKey(["canonical", "int_member_weeks"]), column_name="post_interactions")
    ]
    for node in map(graph.get, keys):
        if found := node.metadata.get("dagster/column_lineage"):
            # Models of formats that no source has do not show.
            assert {dep.asset_key for deps in found.deps_by_column.values() for dep in deps} <= keys, node.key


def test_what_a_column_is_computed_from_stands_with_its_description(defs: dg.Definitions):
    node = defs.resolve_asset_graph().get(dg.AssetKey(["reports", "report_activity"]))
    columns = {column.name: column.description for column in node.metadata["dagster/column_schema"].columns}
    assert columns["posts"].endswith(
        "\n\nFrom `post_interactions` of [int_member_weeks](/assets/canonical/int_member_weeks)."
    )
    headlines = defs.resolve_asset_graph().get(dg.AssetKey(["reports", "report_headlines"]))
    value = {c.name: c.description for c in headlines.metadata["dagster/column_schema"].columns}["value"]
    assert re.search(r"`, `\w+` and \d+ more of \[report_activity\].*; and \d+ more models?\.$", value), value


def test_pulls_are_tried_again_and_nothing_else_is(defs: dg.Definitions):
    steps = defs.resolve_job_def("weekly_report").graph.node_defs
    assert {step.name for step in steps if step.retry_policy} == {"exports__slack", "exports__shop"}


def test_the_schedule_runs_the_week_that_closed_last(defs: dg.Definitions):
    monday_morning = datetime(2026, 10, 19, 4, 0, tzinfo=UTC)
    context = dg.build_schedule_context(
        scheduled_execution_time=monday_morning, repository_def=defs.get_repository_def()
    )
    request = defs.resolve_schedule_def("every_week").evaluate_tick(context).run_requests[0]
    assert request.partition_key == "2026-10-12"


def test_reports_and_the_published_file_are_weekly(defs: dg.Definitions):
    graph = defs.resolve_asset_graph()
    weekly = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).partitions_def}
    assert weekly == {f"reports/{name}" for name in expectations.REPORTS} | PUBLISHED


def test_every_report_has_its_suite_as_a_check(defs: dg.Definitions):
    checks = {key.asset_key.to_user_string() for key in defs.resolve_asset_graph().asset_check_keys}
    assert checks == {f"reports/{name}" for name in expectations.REPORTS}


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [("monday", "Europe/Berlin", date(2026, 10, 12)), ("sunday", "Asia/Shanghai", date(2026, 10, 11))],
)
def test_partitions_are_the_communitys_weeks(tmp_path: Path, day: str, zone: str, expected: date):
    (tmp_path / "exports").mkdir()
    (tmp_path / "stillhere.toml").write_text(
        f'[community]\nname = "x"\ntimezone = "{zone}"\nweek_start_day = "{day}"\n'
        '[[sources]]\nname = "slack"\nformat = "slack"\npath = "exports"\n'
    )
    partitions = definitions.weekly_partitions(Community.of(tmp_path / "stillhere.toml", tmp_path / "home"))
    # Wednesday: the week before is the last closed one.
    now = datetime(2026, 10, 21, 12, 0, tzinfo=UTC)
    assert date.fromisoformat(partitions.get_partition_keys(current_time=now)[-1]) == expected


def test_building_definitions_needs_no_data(community: Community):
    assert definitions.first_week(community.config, community.home) <= community.config.calendar.last_closed()
