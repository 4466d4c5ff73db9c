"""The checks of each report, without Great Expectations: their words are shown where nothing is checked."""

from importlib import import_module

from expectations import REPORTS
from expectations.checks import Check
from expectations.source_silence import SOURCE_CHECKS


def checks_of(report: str) -> tuple[Check, ...]:
    """The checks of a report's suite; a report nobody wrote a suite for has one, which always fails."""
    if report not in REPORTS:
        text = "The report has a suite of checks."
        return (Check(name="suite_exists", description=text, expected=f"one of {', '.join(REPORTS)}"),)
    return import_module(f"expectations.{report}").CHECKS


def promise_of(report: str, check_name: str) -> str | None:
    """What a check promises, as a sentence; None where there is no such check (any more)."""
    found = [check.description for check in checks_of(report) if check.name == check_name]
    return found[0] if found else None


def readers_promises() -> list[str]:
    """The promises that exports may break, so that readers meet them: warnings, and what is said of sources.

    The others say that figures fit together; only a defect of ours breaks them.
    """
    warnings = [check for report in REPORTS for check in checks_of(report) if check.severity == "warning"]
    return list(dict.fromkeys(check.description for check in (*SOURCE_CHECKS, *warnings)))
