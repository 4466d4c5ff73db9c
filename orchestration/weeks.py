"""The one place in Python that knows what a reporting week is.

A week runs from its first day at 00:00 to the same day a week later at 00:00, in the community's time zone; its key
is the local date of that first day. Only closed weeks (whose end has passed) get a report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Calendar:
    """A community's weeks.

    Attributes:
        timezone: IANA name.
        week_start_day: "monday" or "sunday".
    """

    timezone: str = "UTC"
    week_start_day: str = "monday"

    @property
    def anchor(self) -> date:
        """Some first day of a week, from which all others follow by steps of seven days."""
        return date(1990, 1, 1) if self.week_start_day == "monday" else date(1989, 12, 31)

    @property
    def day_offset(self) -> int:
        """Dagster's weekly partitions count the first day of a week from Sunday."""
        return 1 if self.week_start_day == "monday" else 0

    def week_of(self, day: date) -> date:
        """The `week_start` of the week that holds a local date."""
        return day - timedelta(days=(day - self.anchor).days % 7)

    def local_date(self, instant: datetime) -> date:
        """The community's date at an instant (aware)."""
        return instant.astimezone(ZoneInfo(self.timezone)).date()

    def end(self, week_start: date) -> datetime:
        """The UTC instant at which a week is over."""
        local_end = datetime.combine(week_start + WEEK, time(), ZoneInfo(self.timezone))
        return local_end.astimezone(UTC)

    def last_closed(self, now: datetime | None = None) -> date:
        """The last week whose end has passed at `now` (aware; default: the present)."""
        return self.week_of(self.local_date(now or datetime.now(UTC))) - WEEK

    def weeks(self, first: date, last: date) -> list[date]:
        """Every week from the one that holds `first` to the one that holds `last`, both included."""
        start, stop = self.week_of(first), self.week_of(last)
        return [start + WEEK * i for i in range((stop - start).days // 7 + 1)]


def contiguous(weeks: Iterable[date]) -> list[tuple[date, date]]:
    """Fold weeks into (first, last) ranges without gaps: each range is one run."""
    ranges: list[tuple[date, date]] = []
    for week in sorted(set(weeks)):
        if ranges and week - ranges[-1][1] == WEEK:
            ranges[-1] = (ranges[-1][0], week)
        else:
            ranges.append((week, week))
    return ranges


def run_tags(start: date, stop: date) -> dict[str, str]:
    """The tags that make a Dagster run one of a week, or of a range of weeks."""
    if start == stop:
        return {"dagster/partition": f"{start}", "stillhere/week": f"{start}"}
    return {
        "dagster/asset_partition_range_start": f"{start}",
        "dagster/asset_partition_range_end": f"{stop}",
        "stillhere/week": f"{start} to {stop}",
    }
