"""`stillhere run`: the same Dagster jobs that the UI and the schedule start, one after the other, with progress."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from orchestration import progress, stopping, warehouse
from orchestration.commands import called
from orchestration.community import LOCATION, Community
from orchestration.config import Config
from orchestration.errors import UserError
from orchestration.exports import unreadable
from orchestration.exports.pull import find
from orchestration.exports.storage import is_url
from orchestration.faults import telling
from orchestration.home import HomeLock
from orchestration.terminal import harmless, on_one_line
from orchestration.weeks import contiguous, run_tags

if TYPE_CHECKING:
    import dagster as dg

EXIT_PUBLISHED, EXIT_WITHHELD = 0, 1
_QUIET: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Outcome:
    """What the runs came to; `problems` are the failures' own words, `undelivered` what could not be sent, and why."""

    published: int = 0
    unchanged: int = 0
    sealed: int = 0
    withheld: int = 0
    problems: list[str] = field(default_factory=list)
    undelivered: list[str] = field(default_factory=list)


def run(config_file: Path, home: Path | None, first: date | None, last: date | None) -> int:
    """Pulls the exports, then computes, checks and publishes every due week.

    Args:
        first, last: dates in the first and last week; by default every closed week that is not published on these
            very inputs.

    Returns:
        The exit code: 0 all published, 1 something was withheld or failed.

    Raises:
        UserError: config or arguments are wrong.
        KeyboardInterrupt: somebody stopped it, by Ctrl-C or SIGTERM.
    """
    community = Community.of(config_file, home)
    _check_dates(community.config, first, last)
    warehouse.check_named_files(community.config)
    for source in community.config.sources:
        if not is_url(source.path):  # elsewhere is looked at once, when its turn comes
            find(community.config, source, None)
    console = Console(stderr=True, highlight=False)
    community.export_environment()
    try:
        with stopping.heard() as stop_if_asked, telling(community.home):
            community.prepare(
                "stillhere run", lambda text: console.print(on_one_line(text), markup=False, soft_wrap=True)
            )
            return _run(community, console, first, last, stop_if_asked)
    finally:
        HomeLock(community.home).release()


def _check_dates(config: Config, first: date | None, last: date | None) -> None:
    closed = config.calendar.last_closed()
    for option, day in (("--from", first), ("--to", last)):
        if day and config.calendar.week_of(day) > closed:
            raise UserError(
                f"{option} {day}: that week is not closed yet. The last closed week is that of {closed}"
                f" in {config.community.timezone}."
            )


def _run(
    community: Community, console: Console, first: date | None, last: date | None, stop_if_asked: Callable[[], None]
) -> int:
    with (
        console.status("starting Dagster") as status,
        progress.listening(lambda text: status.update(escape(on_one_line(text)))),
    ):
        import dagster as dg

        from orchestration import definitions
        from orchestration.delivery import deliver
        from orchestration.due import due, first_week
        from orchestration.page import pages

        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        with dg.DagsterInstance.get() as instance:
            _bear_origin(instance)
            defs, weeks_from = definitions.build(community), first_week(community.config, community.home)
            # What is loaded by now stays: the collector need not go through it time and again.
            gc.freeze()
            pulled = _execute(defs, definitions.PULL_JOB, instance)
            stop_if_asked()
            outcome = Outcome(problems=_failures(pulled))
            for line in _pull_sentences(pulled) + _former_sentences(community):
                console.print(on_one_line(line), markup=False, soft_wrap=True)
            if outcome.problems:
                _summarise(community, console, outcome)
                return EXIT_WITHHELD
            found = due(community.config, community.home, first, last)
            outcome.problems += unreadable.sentences(community.config, community.home, found.weeks)
            outcome.unchanged = len(found.unchanged)
            # What Dagster knows of a community depends on its exports by the first week alone.
            begins = first_week(community.config, community.home)
            if begins != weeks_from:
                defs = definitions.build(community)
            for start, stop in contiguous(found.weeks):
                console.print(f"weeks {start} to {stop}" if start != stop else f"week {start}")
                _add(outcome, _execute(defs, definitions.WEEKLY_JOB, instance, start, stop))
                stop_if_asked()
            # Also where no week was due: another language, or a run that was killed before its last page.
            pages.write(community.home, community.config)
            if not found.weeks:
                # What could not be sent the last time is tried again.
                outcome.undelivered += deliver(community.config, community.home, [], progress.say)
    if found.newest_at is None:
        console.print("No export holds a usable row: nothing to report. `stillhere check` says what was found.")
    elif last and community.config.calendar.week_of(last) < begins:
        console.print(
            f"No week of the community lies in that range: its first one is that of {begins}.", soft_wrap=True
        )
    if found.before:
        console.print(
            f"Not computed anew: {len(found.before)} published week(s) from {found.before[0]} to {found.before[-1]}."
            " They lie before the first row of any export now, and stay as they were published.",
            soft_wrap=True,
        )
    if found.beyond:
        console.print(
            f"Not reported: {len(found.beyond)} closed week(s) from {found.beyond[0]} on. The newest row of any export"
            f" is of {found.newest_at:%Y-%m-%d %H:%M} UTC; put newer exports in place and run again (--to reports them"
            " as they are).",
            soft_wrap=True,
        )
    _summarise(community, console, outcome)
    return EXIT_WITHHELD if outcome.withheld or outcome.problems else EXIT_PUBLISHED


def _bear_origin(instance: dg.DagsterInstance) -> None:
    """Makes runs of this process look as if the UI had started them: listed with their job, and fit for Re-execute.

    Dagster notes a run's code location only where a server launched it, and has no public name for it.
    """
    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

    from orchestration import running

    create_run = instance.create_run_for_job

    def create_run_with_origin(*args: Any, **given: Any) -> dg.DagsterRun:
        location = RegisteredCodeLocationOrigin(LOCATION)
        job_name = given["job_def"].name
        given["remote_job_origin"] = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), job_name)
        run = create_run(*args, **given)
        running.hold(Path(instance.root_directory), run.run_id)
        return run

    instance.create_run_for_job = create_run_with_origin  # type: ignore[method-assign]


def _execute(
    defs: dg.Definitions,
    job_name: str,
    instance: dg.DagsterInstance,
    start: date | None = None,
    stop: date | None = None,
) -> dg.ExecuteInProcessResult:
    """Runs a job in this process, recorded as any other run. The weekly job leaves out what was just pulled."""
    from orchestration.assets.published import OF_A_WEEK

    tags, selection = {"stillhere/started_by": "stillhere run"}, None
    if start and stop:
        tags |= run_tags(start, stop)
        selection = list(OF_A_WEEK)
    job = defs.resolve_job_def(job_name)
    # dbt's own words are for its log; the terminal shows progress.
    stdout_log = Path(os.environ["DAGSTER_HOME"]) / "stdout.log"
    with stdout_log.open("a", encoding="utf-8") as log, redirect_stdout(log), stopping.helpers_apart():
        return job.execute_in_process(
            instance=instance, tags=tags, raise_on_error=False, run_config=_QUIET, asset_selection=selection
        )


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """Why steps failed, in the words of their own failure; but for those that found nothing readable alone."""
    from orchestration.assets.words import NOTHING_READABLE

    problems, failed = [], [event for event in result.all_events if event.is_step_failure]
    for event in failed:
        data = event.step_failure_data
        if data.user_failure_data and NOTHING_READABLE in data.user_failure_data.metadata:
            continue
        if data.user_failure_data and data.user_failure_data.description:
            problems.append(data.user_failure_data.description)
            continue
        error = data.error
        # The innermost error says what happened; those around it say where in Dagster.
        while error and error.cause:
            error = error.cause
        problems.append(error.message.strip() if error else "a step failed without an error")
    if not result.success and not failed:
        problems.append(f"Dagster run {result.run_id} failed.")
    return problems


def _pull_sentences(result: dg.ExecuteInProcessResult) -> list[str]:
    """What each source's pull came to, in its own words."""
    materializations = [event.materialization for event in result.get_asset_materialization_events()]
    return [str(m.metadata["summary"].value) for m in materializations if m.asset_key.path[0] == "exports"]


def _former_sentences(community: Community) -> list[str]:
    """What to say of sources that were renamed, or taken out of the config."""
    home = community.home
    return [
        f"{name}: no source of the config any more. Its rows count in no figure; they stay in the home until you delete"
        f" {home.lake / name} and {home.ledger / name}."
        for name in community.former_sources()
    ]


def _add(outcome: Outcome, result: dg.ExecuteInProcessResult) -> None:
    outcome.problems += _failures(result)
    for event in result.all_events:
        metadata = None
        if event.is_step_failure and event.step_failure_data.user_failure_data:
            metadata = event.step_failure_data.user_failure_data.metadata
        elif (
            event.event_type_value == "ASSET_MATERIALIZATION"
            and event.asset_key
            and event.asset_key.path[0] == "published"
        ):
            metadata = event.materialization.metadata if result.success else None
        if metadata and "weeks_published" in metadata:
            outcome.published += int(metadata["weeks_published"].value)
            outcome.unchanged += int(metadata["weeks_unchanged"].value)
            outcome.sealed += int(metadata["weeks_sealed"].value)
            outcome.withheld += int(metadata["weeks_withheld"].value)
            if "not_delivered" in metadata:
                outcome.undelivered.append(str(metadata["not_delivered"].value))
            if result.success:
                return  # one event a week, all with the same totals


def _summarise(community: Community, console: Console, outcome: Outcome) -> None:
    for problem in outcome.problems:
        console.print(harmless(problem), style="red", markup=False, soft_wrap=True)
    for problem in dict.fromkeys(outcome.undelivered):
        console.print(harmless(f"Not sent: {problem}"), style="yellow", markup=False, soft_wrap=True)
    parts = [f"{outcome.published} week(s) published", f"{outcome.unchanged} unchanged"]
    if outcome.withheld:
        parts.append(f"{outcome.withheld} withheld")
    console.print("; ".join(parts) + ".")
    if outcome.sealed:
        console.print(
            f"{outcome.sealed} of the unchanged week(s) keep what was published of them before somebody was erased.",
            soft_wrap=True,
        )
    if community.home.published.exists():
        console.print(f"To read: {community.home.pages / 'index.html'}", soft_wrap=True, markup=False)
        console.print(f"For BI tools: {community.home.published}", soft_wrap=True, markup=False)
    to_look = ["ui", "--config", community.config.file]
    if community.home.path != community.default_home(community.config):
        to_look += ["--home", community.home.path]
    console.print(f"To look at runs and run again: {called(*to_look)}", soft_wrap=True, markup=False)
