"""The Dagster UI as an operator uses it: by clicking in Chromium, on a home of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from tests.communities import STILLHERE, Place

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: clicking needs the dev dependencies")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH to click in"),
]

WEEKS = ("2026-03-02", "2026-03-09", "2026-03-16")
WINDOW = {"width": 1400, "height": 1000}
GROUPS = ("exports", "staging", "canonical", "reports", "published")
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
# Two cores that other tests share: an hour of patience is not needed, some minutes now and then are.
SECONDS = 300


@dataclass
class Ui:
    """A running UI, a page in a browser to click in, and the API to see what came of it."""

    url: str
    place: Place
    page: Any

    def ask(self, query: str) -> dict[str, Any]:
        """A GraphQL query."""
        request = urllib.request.Request(
            f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["data"]

    def runs(self) -> dict[str, dict[str, Any]]:
        """All runs by id, with their status and tags."""
        found = self.ask("{runsOrError {... on Runs {results {runId status tags {key value}}}}}")["runsOrError"][
            "results"
        ]
        return {
            run["runId"]: {"status": run["status"], **{tag["key"]: tag["value"] for tag in run["tags"]}}
            for run in found
        }

    def materialize(self, path: str, week: str) -> tuple[str, dict[str, Any]]:
        """Clicks "Materialize" on a page, picks one week, and waits for the run to end; returns its id and itself."""
        before = set(self.runs())
        self._choose(path, week, "1 partition").get_by_role("button", name="Launch 1 run").click()
        self.page.get_by_text("Launched run").wait_for()
        return self._run_that_ended(before)

    def backfill(self, path: str, first: str, last: str, weeks: int) -> tuple[str, dict[str, Any]]:
        """The same for a range of weeks, which the UI calls a backfill."""
        before = set(self.runs())
        dialog = self._choose(path, f"[{first}...{last}]", f"{weeks} partitions")
        dialog.get_by_role("button", name="Launch backfill").click()
        self.page.get_by_text(re.compile("Created backfill|Launched")).first.wait_for()
        return self._run_that_ended(before)

    def _choose(self, path: str, weeks: str, said: str) -> Any:
        """Opens a page's dialog for materializing, and types the weeks."""
        self.page.goto(self.url + path)
        # A graph's own button comes with the graph, later than the one for the page's asset alone.
        name = "Materialize all" if "view=lineage" in path else "Materialize"
        self.page.get_by_role("button", name=name).last.click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Show all partitions").click()
        box, chosen = dialog.get_by_role("textbox").first, dialog.get_by_text(said, exact=True)
        # On a busy machine the dialog gets its partitions late, and forgets what was typed before.
        for _ in range(10):
            box.fill(weeks)
            box.press("Enter")
            with contextlib.suppress(playwright.TimeoutError):
                chosen.wait_for(timeout=30_000)
                return dialog
        raise AssertionError(f"{path}: the dialog does not say {said!r}")

    def _run_that_ended(self, before: set[str]) -> tuple[str, dict[str, Any]]:
        def new() -> list[tuple[str, dict[str, Any]]]:
            return [(run_id, run) for run_id, run in self.runs().items() if run_id not in before]

        wait_for(lambda: new() and all(run["status"] in ENDED for _, run in new()), "the run to end")
        (found,) = new()
        return found

    def materialized(self, run_id: str) -> set[tuple[str, str | None]]:
        """What a run materialized: assets, each with its week."""
        events = self.ask(
            f'{{runOrError(runId: "{run_id}") {{... on Run {{eventConnection(limit: 5000) {{events'
            " {... on MaterializationEvent {assetKey {path} partition}}}}}}"
        )["runOrError"]["eventConnection"]["events"]
        return {("/".join(event["assetKey"]["path"]), event["partition"]) for event in events if event.get("assetKey")}

    def active_members(self, week: str) -> int:
        """A figure of a week as the warehouse has it now."""
        with duckdb.connect(str(self.place.home.warehouse), read_only=True) as connection:
            return connection.execute(
                f"select active_members from reports.report_activity where source = 'all' and week_start = '{week}'"
            ).fetchall()[0][0]

    def spoil(self, weeks: tuple[str, ...]) -> None:
        """Writes wrong figures into the warehouse, which only a rerun puts right."""
        with duckdb.connect(str(self.place.home.warehouse)) as connection:
            connection.execute(
                "update reports.report_activity set active_members = active_members + 1000"
                " where source = 'all' and week_start in (select unnest($weeks::date[]))",
                {"weeks": list(weeks)},
            )

    def table_with(self, text: str) -> str:
        """The innermost table on the page that holds a text, once it is there."""
        self.page.get_by_text(text, exact=True).first.wait_for()
        return self.page.locator("table").filter(has=self.page.get_by_text(text, exact=True)).last.inner_text()

    def published_rows(self) -> dict[str, list[tuple]]:
        """Every table of the published file."""
        tables = self.place.published("select table_name from duckdb_tables() where schema_name = 'reports'")
        return {name: self.place.published(f"select * from reports.{name} order by all") for (name,) in tables}


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Asks until a condition holds."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {SECONDS} s for {what}"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def server(sample: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Place]]:
    """`stillhere ui` on a copy of the published sample; gone, with all its processes, at the end."""
    folder = tmp_path_factory.mktemp("ui")
    place = sample.copy(folder / "community")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STILLHERE_", "DAGSTER_"))}
    log = folder / "ui.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [STILLHERE, "ui", "--config", place.config, "--home", place.home.path, "--port", str(port)],
            env=clean, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        ui = Ui(f"http://127.0.0.1:{port}", place, page=None)

        def is_up() -> bool:
            assert process.poll() is None, log.read_text(errors="replace")
            try:
                entries = ui.ask("{workspaceOrError {... on Workspace {locationEntries {loadStatus}}}}")
            except (urllib.error.URLError, OSError):
                return False
            return [entry["loadStatus"] for entry in entries["workspaceOrError"]["locationEntries"]] == ["LOADED"]

        wait_for(is_up, "the UI to come up")
        yield ui.url, place
    finally:
        stop(process)


def stop(process: subprocess.Popen) -> None:
    """Interrupts the server as Ctrl-C does; whatever is left of its session after that is killed."""
    os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def ui(server: tuple[str, Place]) -> Iterator[Ui]:
    """The UI in a browser."""
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=WINDOW)
        page.set_default_timeout(SECONDS * 1000)
        yield Ui(*server, page)
        browser.close()


def test_the_graph_shows_the_flow_from_exports_to_published(ui: Ui) -> None:
    ui.page.goto(f"{ui.url}/asset-groups")
    for group in GROUPS:
        ui.page.get_by_text(group, exact=True).first.wait_for()
    # The first is in the list beside the graph, the last the node in the graph, which opens.
    # What lies outside the window is not drawn, and the group has become longer than the usual one.
    ui.page.set_viewport_size({"width": 2400, "height": 3200})
    ui.page.get_by_text("reports", exact=True).last.click()
    ui.page.get_by_text("report_activity", exact=True).first.wait_for()
    ui.page.set_viewport_size(WINDOW)


def test_a_home_has_one_ui_whatever_the_port(server: tuple[str, Place]) -> None:
    url, place = server
    done = subprocess.run(
        [STILLHERE, "ui", "--config", place.config, "--home", place.home.path, "--port", "3999"],
        capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{place.home.path}: this home has a UI already: {url} (process " in done.stderr


def test_a_week_shows_its_own_figures(ui: Ui) -> None:
    week = WEEKS[0]
    ui.page.goto(f"{ui.url}/assets/reports/report_activity?view=partitions&partition={week}")
    ui.page.get_by_text(f"Week of {week}").wait_for()
    members = ui.place.published(
        f"select members from reports.report_activity where source = 'all' and week_start = '{week}'"
    )[0][0]
    row = ui.page.get_by_role("row").filter(has=ui.page.get_by_role("cell", name="members", exact=True)).last
    assert str(members) in row.inner_text().split()


def test_a_column_leads_to_what_it_is_computed_from(ui: Ui) -> None:
    ui.page.goto(f"{ui.url}/assets/reports/report_activity")
    row = ui.page.get_by_role("row").filter(has=ui.page.get_by_role("cell", name="posts", exact=True))
    origin = row.get_by_role("link", name="int_member_weeks")
    # Descriptions come in after their rows.
    origin.wait_for()
    assert "From post_interactions of int_member_weeks." in row.inner_text()
    origin.click()
    ui.page.wait_for_url("**/assets/canonical/int_member_weeks")
    ui.page.get_by_role("cell", name="post_interactions", exact=True).wait_for()


def test_a_week_rerun_by_clicking_with_what_depends_on_it_changes_nothing(ui: Ui) -> None:
    before = ui.published_rows()
    _, run = ui.materialize("/assets/reports/report_activity?view=lineage&lineageScope=downstream", WEEKS[1])
    assert run["status"] == "SUCCESS"
    assert run["dagster/partition"] == WEEKS[1]
    assert ui.published_rows() == before
    events = ui.ask(
        '{assetOrError(assetKey: {path: ["published", "stillhere"]}) {... on Asset'
        " {assetMaterializations(limit: 1) {partition metadataEntries {label ... on IntMetadataEntry {intValue}}}}}}"
    )["assetOrError"]["assetMaterializations"]
    said = {entry["label"]: entry.get("intValue") for entry in events[0]["metadataEntries"]}
    assert events[0]["partition"] == WEEKS[1]
    assert (said["weeks_unchanged"], said["weeks_published"], said["weeks_withheld"]) == (1, 0, 0)


def test_a_whole_week_rerun_from_the_jobs_page_pulls_computes_and_publishes(ui: Ui) -> None:
    before, right = ui.published_rows(), ui.active_members(WEEKS[1])
    ui.spoil((WEEKS[1],))
    run_id, run = ui.materialize("/locations/stillhere/jobs/weekly_report", WEEKS[1])
    assert run["status"] == "SUCCESS"
    assert run["stillhere/week"] == WEEKS[1]
    assert {("exports/slack", None), ("published/stillhere", WEEKS[1])} <= ui.materialized(run_id)
    assert ui.active_members(WEEKS[1]) == right
    assert ui.published_rows() == before


def test_one_report_of_one_week_rerun_by_clicking_is_computed_again_and_nothing_else(ui: Ui) -> None:
    before, right = ui.published_rows(), ui.active_members(WEEKS[0])
    ui.spoil((WEEKS[0],))
    run_id, run = ui.materialize("/assets/reports/report_activity", WEEKS[0])
    assert run["status"] == "SUCCESS"
    assert run["stillhere/week"] == WEEKS[0], "the list of runs can be searched by it"
    assert ui.materialized(run_id) == {("reports/report_activity", WEEKS[0])}
    assert ui.active_members(WEEKS[0]) == right
    assert ui.published_rows() == before


def test_a_range_of_weeks_backfilled_by_clicking_is_one_run_and_changes_nothing(ui: Ui) -> None:
    before, right = ui.published_rows(), [ui.active_members(week) for week in WEEKS]
    ui.spoil(WEEKS)
    path = "/assets/reports/report_activity?view=lineage&lineageScope=downstream"
    run_id, run = ui.backfill(path, WEEKS[0], WEEKS[-1], len(WEEKS))
    assert run["status"] == "SUCCESS"
    assert run["dagster/backfill"]
    assert run["stillhere/week"] == f"{WEEKS[0]} to {WEEKS[-1]}"
    assert {("published/stillhere", week) for week in WEEKS} <= ui.materialized(run_id)
    assert [ui.active_members(week) for week in WEEKS] == right
    assert ui.published_rows() == before


def test_the_schedule_is_on_and_the_sensor_off_and_a_click_turns_it_on(ui: Ui) -> None:
    ui.page.goto(f"{ui.url}/automation")
    ui.page.get_by_text("every_week", exact=True).wait_for()
    # Select all; each row's own box and its switch, which comes a little later.
    switch = ui.page.locator("label:has(input[type=checkbox])").nth(4)

    def status() -> dict[str, str]:
        found = ui.ask(
            "{repositoriesOrError {... on RepositoryConnection {nodes"
            " {schedules {name scheduleState {status}} sensors {name sensorState {status}}}}}}"
        )
        (node,) = found["repositoriesOrError"]["nodes"]
        return {entry["name"]: entry["scheduleState"]["status"] for entry in node["schedules"]} | {
            entry["name"]: entry["sensorState"]["status"] for entry in node["sensors"]
        }

    def turn(on: bool) -> None:
        """Clicks as a person does: once the switch shows how it stands, and again where nothing came of it."""
        wanted = "RUNNING" if on else "STOPPED"
        wait_for(lambda: switch.is_enabled() and switch.is_checked() is not on, "the switch to show how it stands")
        switch.click()
        ends = time.monotonic() + 20
        while status()["new_exports"] != wanted and time.monotonic() < ends:
            time.sleep(0.5)
        if status()["new_exports"] != wanted:
            ui.page.reload()
            ui.page.get_by_text("every_week", exact=True).wait_for()
            wait_for(lambda: switch.is_enabled() and switch.is_checked() is not on, "the switch after a reload")
            switch.click()
        wait_for(lambda: status()["new_exports"] == wanted, f"the sensor to be {wanted}")

    assert status() == {"every_week": "RUNNING", "new_exports": "STOPPED"}
    turn(on=True)
    turn(on=False)


def test_figures_are_plotted_over_the_weeks(ui: Ui) -> None:
    found = ui.ask(
        '{assetOrError(assetKey: {path: ["reports", "report_lifecycle"]}) {... on Asset'
        f' {{assetMaterializations(partitions: ["{WEEKS[0]}"], limit: 1) {{metadataEntries'
        " {label ... on IntMetadataEntry {intValue}}}}}}"
    )["assetOrError"]["assetMaterializations"][0]["metadataEntries"]
    said = {entry["label"]: entry.get("intValue") for entry in found}
    stages = ui.place.published(
        f"select stage, members from reports.report_lifecycle where source = 'all' and week_start = '{WEEKS[0]}'"
    )
    assert {f"{stage}_members": members for stage, members in stages}.items() <= said.items()


def test_a_withheld_week_says_what_was_observed_and_expected(ui: Ui) -> None:
    week = WEEKS[2]
    before = hashlib.sha256(ui.place.home.published.read_bytes()).hexdigest()
    ui.spoil((week,))
    run_id, run = ui.materialize("/assets/published/stillhere", week)
    assert run["status"] == "FAILURE"
    assert hashlib.sha256(ui.place.home.published.read_bytes()).hexdigest() == before
    # On the run: the reason in words.
    ui.page.goto(f"{ui.url}/runs/{run_id}")
    ui.page.get_by_text(
        re.compile(r"active_adds_up: observed 1 of 3 rows: .*; expected active_members = ")
    ).first.wait_for()
    # On the asset: a table beside the week.
    failed = re.compile(r"report_activity.active_adds_up\s+1 of 3 rows: \d+ instead of \d+\s+active_members = ")
    ui.page.goto(f"{ui.url}/assets/published/stillhere?view=events")
    assert failed.search(ui.table_with("report_activity.active_adds_up"))
    # The check itself has not seen these rows yet; executed alone, it turns red and tells the same.
    ui.page.goto(f"{ui.url}/assets/reports/report_activity?view=checks")
    ui.page.get_by_role("button", name="Execute").last.click()
    ui.page.get_by_text(re.compile(rf"Withheld: {week}\. .*: observed .*; expected ")).wait_for()
    assert failed.search(ui.table_with("report_activity.active_adds_up"))
