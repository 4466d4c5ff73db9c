"""Section 16: the numbers of `report_headlines` and `report_goals`, given a metric's values by week.

Readings where the page is silent:
- `mean_4w` is over the four weeks before W (the week is held against it), of those that have a value.
- `same_week_last_year` is the value 52 weeks earlier.
- z is over the up to 52 weeks before W: (value - median) / (1.4826 x MAD), the factor that makes it a standard score
  of normal figures; null where the MAD is 0, and where fewer than 8 of those weeks have a value.
- Exactly 5 % from the mean is up or down. Without a mean there is no direction; from a mean of 0 any growth is up.
- A goal starts from the value of the week that holds its `from`; the line runs to the week that holds its `to`. A
  relative target is a factor of change ("0.1": 10 % more than at the start). A target below the start is one of
  getting down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import mean, median

from .calendar_weeks import WEEK, Calendar

STEADY_WITHIN = 0.05


def headline(values: dict[date, float | None], week: date, steady_within: float = STEADY_WITHIN) -> dict:
    """What is said of a metric in a week, from its values by week."""
    value = values.get(week)
    before = [values.get(week - WEEK * back) for back in range(1, 53)]
    recent = [v for v in before[:4] if v is not None]
    mean_4w = mean(recent) if recent else None
    return {
        "value": value,
        "previous": before[0],
        "mean_4w": mean_4w,
        "same_week_last_year": before[51],
        "direction": direction(value, mean_4w, steady_within),
        "z": robust_z(value, [v for v in before if v is not None]),
    }


def direction(value: float | None, mean_4w: float | None, steady_within: float) -> str | None:
    """'up/down: at least 5 % (setting) from mean_4w, else steady.'"""
    if value is None or mean_4w is None:
        return None
    change = value - mean_4w
    if change == 0 or abs(change) < steady_within * abs(mean_4w):
        return "steady"
    return "up" if change > 0 else "down"


def robust_z(value: float | None, history: list[float]) -> float | None:
    """'robust z over up to 52 weeks (median and MAD; null below 8 weeks)'"""
    if value is None or len(history) < 8:
        return None
    middle = median(history)
    mad = median(abs(v - middle) for v in history)
    return (value - middle) / (1.4826 * mad) if mad else None


@dataclass(frozen=True)
class Goal:
    """One of `[[goals]]`."""

    name: str
    start: date
    stop: date
    target: float
    is_relative: bool = False


def goal_row(goal: Goal, values: dict[date, float | None], week: date, calendar: Calendar) -> dict | None:
    """'goal, week_start, value, start_value, target, expected_by_now (straight line), on_track'; None outside of it."""
    first, last = calendar.week_of_day(goal.start), calendar.week_of_day(goal.stop)
    if not first <= week <= last:
        return None
    start_value, value = values.get(first), values.get(week)
    target = expected = on_track = None
    if start_value is not None:
        target = start_value * (1 + goal.target) if goal.is_relative else goal.target
        done = (week - first) / (last - first) if last > first else 1.0
        expected = start_value + (target - start_value) * done
        if value is not None:
            on_track = value >= expected if target >= start_value else value <= expected
    return {
        "goal": goal.name,
        "week_start": week,
        "value": value,
        "start_value": start_value,
        "target": target,
        "expected_by_now": expected,
        "on_track": on_track,
    }
