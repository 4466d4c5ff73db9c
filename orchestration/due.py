"""Which weeks a run has to compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from orchestration import warehouse
from orchestration.config import Config
from orchestration.exports.lake import Ledger
from orchestration.home import Home
from orchestration.publish import inputs_fingerprints
from orchestration.weeks import WEEK


@dataclass(frozen=True)
class Due:
    """Weeks to compute, and what was found on the way.

    Attributes:
        weeks: due weeks, in order.
        unchanged: weeks in the range that are published on these very inputs.
        newest_at: the newest instant (UTC) of any source's rows; None without any.
        beyond: closed weeks after the one that holds `newest_at` (and after the last published one): no export tells of
            them yet.
        before: published weeks from before the first row: of a source that was taken away, or of another time zone.
    """

    weeks: list[date]
    unchanged: list[date]
    newest_at: datetime | None
    beyond: list[date]
    before: list[date]


def first_week(config: Config, home: Home) -> date:
    """The first week that is reported: that of the oldest row ever loaded; before anything was, a year back.

    What is concluded from a row may be older still, as the day an account was closed long before the export begins.
    """
    calendar = config.calendar
    instants = [
        export.first_at
        for source in config.sources
        for export in Ledger(home, source.name).exports()
        if export.first_at
    ]
    if not instants:
        return calendar.last_closed() - 52 * WEEK
    return calendar.week_of(calendar.local_date(min(instants).replace(tzinfo=UTC)))


def due(config: Config, home: Home, first: date | None = None, last: date | None = None) -> Due:
    """The closed weeks that were never published, or whose inputs changed since.

    Args:
        first, last: dates in the first and last week to look at; given, every week between them is due. By default
            the range runs from the first row to the week of the newest one: what no export reaches cannot be told,
            and nothing before the first row.
    """
    calendar = config.calendar
    closed = calendar.last_closed()
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        oldest_week, newest_at = connection.execute(
            """
            select (select min(week_start) from canonical.int_week_inputs), (select max(last_at) from reports.sources)
            """
        ).fetchall()[0]
        # An outreach log or a survey alone has instants, but no week of a community.
        if newest_at is None or oldest_week is None:
            return Due([], [], None, [], [])
        newest_week = connection.execute("select max(week_start) from canonical.int_week_inputs").fetchall()[0][0]
        published = warehouse.published_weeks(home)
        # What was once reported beyond the newest row follows what changes before it.
        newest_week = max([newest_week, *published])
        start = max(calendar.week_of(first) if first else oldest_week, first_week(config, home))
        stop = min(calendar.week_of(last) if last else newest_week, closed)
        weeks = calendar.weeks(start, stop) if start <= stop else []
        fingerprints = inputs_fingerprints(connection, weeks)
    beyond = calendar.weeks(newest_week, closed)[1:] if newest_week < closed and last is None else []
    if first or last:
        return Due(weeks, [], newest_at, beyond, [])
    before = sorted(week for week in published if week < start)
    changed = [week for week in weeks if published.get(week) != fingerprints[week]]
    return Due(changed, [week for week in weeks if week not in set(changed)], newest_at, beyond, before)
