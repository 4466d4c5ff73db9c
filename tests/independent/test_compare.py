"""The comparison says where rows differ, and nothing where they agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.independent.compare import differences


def test_differences_name_row_and_column():
    expected = [{"source": "a", "n": 1, "r": 0.1 + 0.2}, {"source": "b", "n": None, "r": 1.0}, {"source": "c", "n": 2}]
    assert differences(expected, [dict(row) for row in expected], ["source"]) == []
    actual = [{"source": "a", "n": 1, "r": 0.3, "more": 9}, {"source": "b", "n": 0, "r": 1.0 + 1e-8}, {"source": "d"}]
    assert differences(expected, actual, ["source"]) == [
        "source=b: n expected None, got 0",
        "source=b: r expected 1.0, got 1.00000001",
        "missing row: source=c",
        "extra row: source=d",
    ]
    twice = [{"source": "a", "n": 1}] * 2
    assert differences(twice[:1], twice, ["source"]) == ["actual rows repeat a key: source=a"]
    assert (
        differences(
            [{"k": 1, "day": date(2024, 1, 1), "sum": Decimal("1.50")}],
            [{"k": 1, "day": date(2024, 1, 1), "sum": 1.5}],
            ["k"],
        )
        == []
    )
    assert differences([{"k": 1, "x": float("nan")}], [{"k": 1, "x": None}], ["k"]) != []
    assert differences([{"k": 1, "x": False}], [{"k": 1, "x": 0}], ["k"]) == ["k=1: x expected False, got 0"]
