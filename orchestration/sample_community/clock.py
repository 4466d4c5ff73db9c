"""The forty weeks of the sample and the zones its people live in.

The zones are written out instead of read from the system: a newer zone database on one machine must not move a message.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

FIRST_DAY = date(2026, 1, 12)
WEEKS = 40
MINUTE = 60
HOUR = 3600
DAY = 86400


def _epoch(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


_EU_SUMMER = (_epoch(2026, 3, 29, 1), _epoch(2026, 10, 25, 1))


@dataclass(frozen=True)
class Zone:
    """An IANA zone as it is in 2026: standard offset in minutes, whose summer time it keeps ("eu", "us" or none)."""

    name: str
    label: str
    standard_minutes: int
    summer: str = ""

    def offset(self, instant: int) -> int:
        """Seconds east of UTC at this instant."""
        standard = self.standard_minutes * MINUTE
        if self.summer == "eu":
            begin, end = _EU_SUMMER
        elif self.summer == "us":
            begin, end = _epoch(2026, 3, 8, 2) - standard, _epoch(2026, 11, 1, 1) - standard
        else:
            return standard
        return standard + HOUR if begin <= instant < end else standard

    def instant(self, day: date, second_of_day: int) -> int:
        """Epoch seconds of a local day and time."""
        local = _epoch(day.year, day.month, day.day) + second_of_day
        return local - self.offset(local - self.standard_minutes * MINUTE)

    def day(self, instant: int) -> date:
        """The local day of an instant."""
        return datetime.fromtimestamp(instant + self.offset(instant), UTC).date()

    def hour(self, instant: int) -> int:
        """The local hour of an instant."""
        return (instant + self.offset(instant)) % DAY // HOUR

    def iso(self, instant: int) -> str:
        """Local time with its offset, such as 2026-01-12T18:05:00+01:00."""
        offset = self.offset(instant)
        local = datetime.fromtimestamp(instant + offset, UTC).replace(tzinfo=None)
        sign = "-" if offset < 0 else "+"
        hours, minutes = divmod(abs(offset) // MINUTE, 60)
        return f"{local.isoformat()}{sign}{hours:02d}:{minutes:02d}"


BERLIN = Zone("Europe/Berlin", "Central European Time", 60, "eu")
LISBON = Zone("Europe/Lisbon", "Western European Time", 0, "eu")


def monday(week: int) -> date:
    """First day of a week, counted from 1."""
    return FIRST_DAY + timedelta(days=7 * (week - 1))


_STARTS = [BERLIN.instant(monday(week), 0) for week in range(1, WEEKS + 2)]
BEGIN, END = _STARTS[0], _STARTS[-1]


def week_start(week: int) -> int:
    """Epoch seconds at which a week begins in Berlin."""
    return _STARTS[week - 1]


def week_of(instant: int) -> int:
    """The week, counted from 1, that an instant lies in."""
    return bisect_right(_STARTS, instant)
