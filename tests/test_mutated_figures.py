"""The comparison with the reading finds what it is there for: a rule that is changed in the SQL shows in its report.

One random community is pulled once; each batch of changed rules is one dbt call on its warehouse, of the changed models
and what lies between them and the report that has to show it. Rules of one report each share a batch: a report's
mutation shows in that report alone. A rule further up has a batch of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from orchestration import warehouse
from orchestration.community import Community
from orchestration.weeks import WEEK
from tests.computed import pulled
from tests.independent.published import REQUIRED_REPORTS, disagreements, scores_in
from tests.independent.random_community import FIRST_DAY, MOST_WEEKS, random_community, write
from tests.independent.reading import read_reports

MADE = random_community(4, "America/New_York", "sunday")


@dataclass(frozen=True)
class Mutation:
    """One rule made wrong: a file of the dbt project, what it says, what it is made to say, and where that shows."""

    file: str
    right: str
    wrong: str
    report: str
    column: str

    @property
    def models(self) -> str:
        """What dbt has to build anew: what lies between the file and the report; of a macro, all before the report."""
        return f"{Path(self.file).stem}+,+{self.report}" if self.file.startswith("models/") else f"+{self.report}"


# One dbt call a batch.
BATCHES = {
    "reports": [
        Mutation(
            "models/reports/report_activity.sql",
            "{{ add_weeks('week_start', 4) }}",
            "{{ add_weeks('week_start', 5) }}",
            "report_activity", "mau",
        ),
        Mutation(
            "models/member_weeks/int_leavings.sql",
            "> max(case when events.event_type = 'join' then events.occurred_at end)",
            "is not null",
            "report_activity", "left_members",
        ),
        Mutation(
            "models/reports/report_churn.sql",
            "when from_status = 'churned' and to_status = 'active' then members",
            "when from_status in ('churned', 'at_risk') and to_status = 'active' then members",
            "report_churn", "won_back",
        ),
        Mutation(
            "models/reports/report_lifecycle.sql",
            "and spans.from_week = spans.anchor_week",
            "and spans.from_week <> spans.anchor_week",
            "report_lifecycle", "buyers",
        ),
        Mutation(
            "models/reports/report_lifecycle_moves.sql",
            "coalesce(to_stage, 'left') as to_stage",
            "coalesce(to_stage, from_stage) as to_stage",
            "report_lifecycle_moves", "missing row",
        ),
        Mutation(
            "models/reports/report_retention.sql",
            "where week_start = first_active_week",
            "where week_start <= first_active_week + 7",
            "report_retention", "cohort_size",
        ),
        Mutation(
            "models/reports/member_week_status.sql",
            "{{ add_weeks('spans.from_week', 12) }} as from_week",
            "{{ add_weeks('spans.from_week', 11) }} as from_week",
            "member_week_status", "active_weeks_12",
        ),
        Mutation(
            "models/reports/list_winback.sql",
            "order by active_weeks desc, revenue_total",
            "order by active_weeks, revenue_total",
            "list_winback", "value_rank",
        ),
        Mutation(
            "models/member_weeks/int_unique_holdout_draws.sql",
            ">= settings.holdout_weeks",
            ">= 0",
            "list_winback", "is_holdout",
        ),
        Mutation(
            "models/reports/list_removal.sql",
            "{{ place_in_list('tenure_days') }} as",
            "-1 * {{ place_in_list('tenure_days') }} as",
            "list_removal", "score",
        ),
        Mutation(
            "models/reports/report_winback_lift.sql",
            "greatest(week_start, coalesce(",
            "least(week_start, coalesce(",
            "report_winback_lift", "listed",
        ),
    ],
    "orders that are no purchase": [
        Mutation(
            "models/member_weeks/int_account_weeks.sql", "where is_purchase", "where true",
            "member_week_status", "silence_weeks",
        )
    ],
    "rejoining": [
        Mutation(
            "models/member_weeks/int_unique_membership_spans.sql",
            "order by occurred_at desc nulls last, precedence desc",
            "order by precedence desc, occurred_at desc nulls last",
            "report_activity", "members",
        )
    ],
    "thresholds": [
        Mutation(
            "models/member_weeks/int_unique_silence_spans.sql",
            "'settings.churned_after_weeks'",
            "'settings.churned_after_weeks + 1'",
            "report_churn", "churned",
        )
    ],
    "persons": [
        Mutation(
            "models/member_weeks/int_community_members.sql",
            "bool_or(is_bot) or bool_or(is_official) as is_excluded",
            "bool_and(is_bot) or bool_and(is_official) as is_excluded",
            "report_activity", "members",
        )
    ],
    "repeated acts": [
        Mutation(
            "models/canonical/formats/int_table__repeated_events.sql",
            'qualify {{ latest_version("source, event_key") }}',
            "",
            "report_activity", "interactions",
        )
    ],
    "joining by the list": [
        Mutation(
            "models/canonical/int_members.sql",
            "least(listed_joined_at, event_joined_at)",
            "least(listed_joined_at, event_joined_at, first_act_at)",
            "member_week_status", "tenure_days",
        )
    ],
    "joining by an act": [
        Mutation(
            "models/canonical/int_members.sql",
            "coalesce(least(first_event_at, first_act_at), seen_at, listed_at)",
            "coalesce(event_joined_at, first_event_at, first_act_at, seen_at, listed_at)",
            "member_week_status", "tenure_days",
        )
    ],
    "local time": [
        Mutation(
            "macros/weeks.sql",
            "timezone({{ timezone }}, timezone('UTC', {{ instant }}))",
            "{{ instant }}",
            "report_activity", "dau_mean",
        )
    ],
}  # fmt: skip


def build(community: Community, project: Path, *arguments: str) -> None:
    """Builds models of a dbt project for all weeks of the community."""
    target = community.home.dbt / "target"
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), "build", "--resource-type", "model", "--resource-type", "seed",
            "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target),
            "--log-path", str(target), *arguments,
        ],
        env=warehouse.dbt_environment(community.home) | {"PYTHONWARNINGS": "ignore"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt project to break. At one path, so that dbt parses anew only what was broken."""
    folder = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(warehouse.PROJECT, folder, ignore=shutil.ignore_patterns("target", "logs"))
    return folder


@pytest.fixture(scope="module")
def community(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Community:
    """The random community pulled, and all its weeks computed."""
    found = pulled(write(MADE, tmp_path_factory.mktemp("mutated")))
    warehouse.write_control(found.config, found.home, weeks_of(found))
    build(found, project)
    return found


def weeks_of(community: Community) -> list[date]:
    """All weeks in which the random community may have done anything."""
    calendar = community.config.calendar
    first = calendar.week_of(FIRST_DAY)
    return calendar.weeks(first, first + WEEK * MOST_WEEKS)


@pytest.fixture(scope="module")
def expected(community: Community) -> dict[str, list[dict]]:
    """What the reading has for the same weeks."""
    made = replace(MADE.community, scores=scores_in(community.home.warehouse))
    return read_reports(made, MADE.rows, weeks_of(community), only=REQUIRED_REPORTS)


def test_as_it_is_every_report_agrees(community: Community, expected: dict[str, list[dict]]):
    for report in REQUIRED_REPORTS:
        assert disagreements(expected[report], community.home.warehouse, report) == []


@pytest.fixture
def broken(request: pytest.FixtureRequest, community: Community, project: Path, tmp_path: Path) -> Iterator[Path]:
    """The warehouse computed with the wrong rules of a batch; afterwards it and the project are as they were."""
    files = {project / mutation.file for mutation in BATCHES[request.param]}
    right = {path: path.read_text(encoding="utf-8") for path in files}
    shutil.copy(community.home.warehouse, tmp_path / "warehouse.duckdb")
    try:
        for mutation in BATCHES[request.param]:
            path = project / mutation.file
            text = path.read_text(encoding="utf-8")
            assert text.count(mutation.right) == 1, f"{mutation.file}: {mutation.right!r} is not there once"
            path.chmod(0o644)
            path.write_text(text.replace(mutation.right, mutation.wrong), encoding="utf-8")
        selected = (mutation.models for mutation in BATCHES[request.param])
        build(community, project, "--select", *selected)
        yield community.home.warehouse
    finally:
        shutil.copy(tmp_path / "warehouse.duckdb", community.home.warehouse)
        for path, text in right.items():
            path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("broken", BATCHES, indirect=True)
def test_a_changed_rule_shows(broken: Path, request: pytest.FixtureRequest, expected: dict[str, list[dict]]):
    for mutation in BATCHES[request.node.callspec.params["broken"]]:
        found = disagreements(expected[mutation.report], broken, mutation.report)
        assert any(mutation.column in problem for problem in found), (
            f"{mutation.file}: nobody noticed {mutation.wrong!r}"
        )
