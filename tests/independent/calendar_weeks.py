"""Reporting weeks in a community's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class Calendar:
    """Knows the community's days and weeks."""

    def __init__(self, timezone: str, week_start_day: str = "monday") -> None:
        self.zone = ZoneInfo(timezone)
        self.first_weekday = {"monday": 0, "sunday": 6}[week_start_day]

    def day_of(self, instant: datetime) -> date:
        """'Days, hours and weeks are always taken from the local time.'"""
        return instant.astimezone(self.zone).date()

    def week_of_day(self, day: date) -> date:
        """The first day of the week in which a day lies."""
        return day - DAY * ((day.weekday() - self.first_weekday) % 7)

    def week_of(self, instant: datetime) -> date:
        """The key of the week in which an instant lies."""
        return self.week_of_day(self.day_of(instant))

    def start(self, week: date) -> datetime:
        """'The reporting week runs from Monday 00:00 [...] in the community's IANA time zone', as a UTC instant."""
        return _midnight(self.zone, week)

    def end(self, week: date) -> datetime:
        """'[...] to the next Monday 00:00': a local midnight, not 168 hours later, as clocks change in some weeks."""
        return self.start(week + WEEK)

    def weeks(self, first: date, last: date) -> list[date]:
        """Every week from the one of `first` to the one of `last`."""
        week, weeks = self.week_of_day(first), []
        while week <= last:
            weeks.append(week)
            week += WEEK
        return weeks


@cache
def _midnight(zone: ZoneInfo, day: date) -> datetime:
    """The instant at which a local day begins."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def weeks_between(earlier: date, later: date) -> int:
    """Whole reporting weeks from one week key to another."""
    return (later - earlier).days // 7
