"""Run the suites over a warehouse and bring every failure home to its weeks."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.expectation_validation_result import ExpectationValidationResult

from expectations import REPORTS, CheckResult
from expectations.checks import MAX_SAMPLE_VALUES, Check, batch_query, weekly_examples, weeks_query
from expectations.duckdb_engine import DuckDBDatasource, DuckDBExecutionEngine, open_warehouse
from expectations.member_tables import Decided, Prepared
from expectations.repeated_work import done_once
from expectations.suites import checks_of

MAX_TEXT = 300


def validate_reports(warehouse: Path, reports: Sequence[str], weeks: Sequence[date]) -> list[CheckResult]:
    """See `expectations.validate`."""
    weeks = sorted(set(weeks))
    results: list[CheckResult] = []
    if not weeks:
        return results
    try:
        with open_warehouse(Path(warehouse)) as source, done_once():
            for report in dict.fromkeys(reports):
                results += validate_report(source, report, weeks)
    except Exception as error:
        # Not opened, or not closed: either way nothing of what was said so far may count as passed.
        return [
            result
            for report in dict.fromkeys(reports)
            for check in checks_of(report)
            for result in unevaluated(report, check, weeks, message_of(error))
        ]
    return results


def validate_report(source: DuckDBDatasource, report: str, weeks: list[date]) -> list[CheckResult]:
    """Validate one report's suite in one pass over all weeks."""
    checks = checks_of(report)
    if report not in REPORTS:
        return unevaluated(report, checks[0], weeks, f"there are no checks for {report}")
    engine = source.get_execution_engine()
    try:
        totals = weeks_found(engine, report, weeks)
        batch = batch_query(report, weeks, totals)
        checks = tuple(as_prepared(engine, check, weeks) for check in checks)
        outcomes = outcomes_by_check(source, report, batch, checks, weeks)
    except Exception as error:
        message = message_of(error)
        return [result for check in checks for result in unevaluated(report, check, weeks, message)]
    results: list[CheckResult] = []
    for check in checks:
        try:
            failures = failures_by_week(engine, check, outcomes[check.name], batch, weeks)
        except Exception as error:
            results += unevaluated(report, check, weeks, message_of(error))
        else:
            results += (result_of(report, check, week, failures, totals) for week in weeks)
    return results


def as_prepared(engine: DuckDBExecutionEngine, check: Check, weeks: list[date]) -> Check:
    """The check to evaluate: a decided one is evaluated as it is itself where what decides it cannot be prepared."""
    if not isinstance(check, Decided):
        return check
    return check if all(prepare(engine, table, weeks) for table in check.reads) else check.check


def prepare(engine: DuckDBExecutionEngine, table: Prepared, weeks: list[date]) -> bool:
    """Make a temporary table of a report's rows in these weeks, if it is not there yet; whether that could be done."""
    if table.name not in engine.prepared:
        try:
            batch = batch_query(table.report, weeks, weeks_found(engine, table.report, weeks))
            engine.keep(table.name, f"WITH batch AS NOT MATERIALIZED ({batch}) {table.sql}")
            engine.prepared[table.name] = True
        except sa.exc.SQLAlchemyError:
            engine.prepared[table.name] = False
    return engine.prepared[table.name]


def weeks_found(engine: DuckDBExecutionEngine, report: str, weeks: list[date]) -> dict[date | None, int]:
    """How many rows of a report there are of each `week_start` from the first of the weeks to the last."""
    return {row["week_start"]: row["n"] for row in engine.rows(weeks_query(report, weeks))}


def outcomes_by_check(
    source: DuckDBDatasource, report: str, batch_sql: str, checks: Iterable[Check], weeks: list[date]
) -> dict[str, list[ExpectationValidationResult]]:
    """Let Great Expectations evaluate the suite; BOOLEAN_ONLY, so that no failing rows are fetched."""
    asset = source.add_query_asset(name=report, query=batch_sql)
    batch = asset.add_batch_definition("weeks").get_batch()
    suite = gx.ExpectationSuite(name=report, expectations=[e for check in checks for e in check.expectations(weeks)])
    outcomes: dict[str, list[ExpectationValidationResult]] = {check.name: [] for check in checks}
    for outcome in batch.validate(suite, result_format="BOOLEAN_ONLY").results:
        outcomes[outcome.expectation_config.meta["check"]].append(outcome)
    return outcomes


def failures_by_week(
    engine: Any, check: Check, outcomes: list[ExpectationValidationResult], batch: str, weeks: list[date]
) -> dict[date | None, dict[str, Any]]:
    """What failed in which week; None is what lies in no week, and counts against every one.

    Raises where the check could not be evaluated, or where it failed without a week to blame.
    """
    if not outcomes:
        raise RuntimeError("Great Expectations gave no result")
    for outcome in outcomes:
        if message := exception_of(outcome):
            raise RuntimeError(message)
    failed = sorted(outcome.expectation_config.meta["part"] for outcome in outcomes if not outcome.success)
    if not failed:
        return {}
    rows = engine.rows(weekly_examples(check.violations(failed), check.key, f"({batch})", weeks))
    failures = {row["week_start"]: row for row in rows if row["week_start"] is None or row["week_start"] in weeks}
    if not failures:
        raise RuntimeError("failed, but not in any of the weeks validated")
    return failures


def exception_of(outcome: ExpectationValidationResult) -> str | None:
    """Why an expectation could not be evaluated, or None. There is one exception, or one for each of its metrics."""
    info = outcome.exception_info or {}
    for each in [info] if "raised_exception" in info else info.values():
        if each.get("raised_exception"):
            return message_of(each.get("exception_message"))
    return None


def message_of(error: object) -> str:
    """The part of an error that a person can act on: its first line, without the query and the stack."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:MAX_TEXT]


def result_of(
    report: str, check: Check, week: date, failures: dict[date | None, dict[str, Any]], totals: dict[date | None, int]
) -> CheckResult:
    """One week's result of a check that was evaluated."""
    found = [failures[key] for key in (week, None) if key in failures]
    total = totals.get(week, 0) + totals.get(None, 0)
    number = sum(row["violations"] for row in found)
    values = list(dict.fromkeys(str(value) for row in found for value in row["observed"]))
    if not found:
        observed = "no rows" if total == 0 else f"as expected in {total} {'row' if total == 1 else 'rows'}"
    else:
        unit = f" of {total} {'row' if total == 1 else 'rows'}" if check.counts_rows else " found"
        shown = ", ".join(values[:MAX_SAMPLE_VALUES]) + (", ..." if number > len(values) else "")
        observed = f"{number}{unit}: {shown}"[:MAX_TEXT]
    return CheckResult(
        week_start=week,
        report=report,
        check_name=check.name,
        severity=check.severity,
        passed=not found,
        observed=observed,
        expected=check.expected,
        sample_keys=tuple(key[:MAX_TEXT] for row in found for key in row["sample_keys"])[:5],
        error=None,
        description=check.description,
    )


def unevaluated(report: str, check: Check, weeks: list[date], error: str) -> list[CheckResult]:
    """The result of a check that could not be evaluated: failed in every week, by no fault of the data."""
    return [
        CheckResult(
            week_start=week,
            report=report,
            check_name=check.name,
            severity=check.severity,
            passed=False,
            observed="could not be evaluated",
            expected=check.expected,
            sample_keys=(),
            error=error,
            description=check.description,
        )
        for week in weeks
    ]
