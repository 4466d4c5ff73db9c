"""The checks every weekly report has to pass before it may be published.

One Great Expectations suite a report, each in the module named for the report; `validate` runs them inside DuckDB.
Importing this package loads nothing heavy: Great Expectations comes in with the first call of `validate`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

__all__ = ["REPORTS", "CheckResult", "validate"]

REPORTS: tuple[str, ...] = (
    "report_activity",
    "report_pyramid",
    "report_interaction_mix",
    "report_lifecycle",
    "report_lifecycle_moves",
    "report_churn",
    "report_churn_model",
    "report_churn_calibration",
    "report_churn_backtest",
    "report_churn_features",
    "report_churn_choice",
    "member_week_status",
    "report_retention",
    "report_conversation",
    "report_content",
    "report_heatmap",
    "report_segments",
    "report_purchases",
    "report_onboarding_as_of",
    "report_surveys",
    "report_safety",
    "report_goals",
    "report_headlines",
    "report_audience",
    "list_winback",
    "list_removal",
    "report_winback_lift",
)
"""Every report that has a suite."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found in one week of one report."""

    week_start: date
    report: str
    check_name: str
    severity: str
    """`critical` withholds the week, `warning` is published with it."""
    passed: bool
    observed: str
    expected: str
    sample_keys: tuple[str, ...]
    """Keys of at most five rows that failed, such as `source=slack week_start=2026-05-11`."""
    error: str | None
    """Why the check could not be evaluated; it counts as failed then, but says nothing about the data."""
    description: str


def validate(warehouse: Path, reports: Sequence[str], weeks: Sequence[date]) -> list[CheckResult]:
    """Check these weeks of these reports: one result for each week, report and check.

    All weeks are validated in one pass a suite, and a failure counts only against the weeks it lies in. The warehouse
    is opened read-only and closed again, so this process must hold no other connection to it that may write.
    """
    from expectations.deferred_imports import deferred

    with deferred("altair", "scipy.stats"):
        from expectations.validation import validate_reports

    return validate_reports(warehouse, reports, weeks)
