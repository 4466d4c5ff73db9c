"""Holds the rows of one report against the rows that the independent reading gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12


def differences(
    expected_rows: Iterable[dict], actual_rows: Iterable[dict], key: Sequence[str], ignore: Sequence[str] = ()
) -> list[str]:
    """Say row by row and column by column where the actual rows differ; an empty list means they agree.

    The columns compared are those of the expected rows less `ignore`: a report may have columns that the independent
    reading does not know.
    """
    expected, problems = _by_key(expected_rows, key, "expected")
    actual, more = _by_key(actual_rows, key, "actual")
    problems += more
    for row_key in sorted(set(expected) | set(actual), key=str):
        label = ", ".join(f"{name}={value}" for name, value in zip(key, row_key, strict=True))
        if row_key not in actual:
            problems.append(f"missing row: {label}")
        elif row_key not in expected:
            problems.append(f"extra row: {label}")
        else:
            problems += _row_differences(label, expected[row_key], actual[row_key], {*key, *ignore})
    return problems


def same(expected: Any, actual: Any) -> bool:
    """None equals None only; truth values equal truth values only; numbers to 1e-9 relative, or 1e-12 where near 0."""
    expected, actual = _plain(expected), _plain(actual)
    if expected is None or actual is None:
        return expected is None and actual is None
    if isinstance(expected, bool) or isinstance(actual, bool):
        return isinstance(expected, bool) and isinstance(actual, bool) and expected == actual
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return math.isclose(expected, actual, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    return expected == actual


def _row_differences(label: str, expected: dict, actual: dict, skipped: set[str]) -> list[str]:
    problems = []
    for column, value in expected.items():
        if column in skipped:
            continue
        if column not in actual:
            problems.append(f"{label}: column {column} is missing")
        elif not same(value, actual[column]):
            problems.append(f"{label}: {column} expected {value!r}, got {actual[column]!r}")
    return problems


def _by_key(rows: Iterable[dict], key: Sequence[str], side: str) -> tuple[dict[tuple, dict], list[str]]:
    found: dict[tuple, dict] = {}
    problems = []
    for row in rows:
        row_key = tuple(_plain(row[name]) for name in key)
        if row_key in found:
            problems.append(f"{side} rows repeat a key: " + ", ".join(f"{k}={row[k]}" for k in key))
        found[row_key] = row
    return found, problems


def _plain(value: Any) -> Any:
    """Engines and JSON spell one value in several ways; bring them to one: ISO text for days and instants, plain
    Python for numbers. NaN stays NaN and equals nothing: what is missing must be null."""
    if hasattr(value, "item") and not isinstance(value, int | float | str):
        value = value.item()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        # DuckDB gives UTC instants without a zone.
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
