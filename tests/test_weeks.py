"""Weeks: where they begin, when they end, and which is the last closed one."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.exports.lake import week_sql
from orchestration.weeks import Calendar, contiguous

BERLIN = Calendar("Europe/Berlin", "monday")
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Apia", "America/Havana")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("first_day", "day", "week"),
    [
        ("monday", "2024-01-01", "2024-01-01"),
        ("monday", "2024-01-07", "2024-01-01"),
        ("monday", "2024-01-08", "2024-01-08"),
        ("sunday", "2024-01-06", "2023-12-31"),
        ("sunday", "2024-01-07", "2024-01-07"),
        ("monday", "1989-12-31", "1989-12-25"),
        ("sunday", "1989-12-30", "1989-12-24"),
    ],
)
def test_a_day_lies_in_the_week_that_began_last(first_day, day, week):
    assert Calendar("UTC", first_day).week_of(date.fromisoformat(day)) == date.fromisoformat(week)


def test_the_day_offset_is_dagsters_count_from_sunday():
    assert (Calendar(week_start_day="sunday").day_offset, Calendar(week_start_day="monday").day_offset) == (0, 1)


@pytest.mark.parametrize(
    ("calendar", "week", "end"),
    [
        (Calendar("UTC"), "2024-01-01", "2024-01-08 00:00"),
        (BERLIN, "2024-01-01", "2024-01-07 23:00"),
        # The clocks change within the week: it has 167 or 169 hours.
        (BERLIN, "2024-03-25", "2024-03-31 22:00"),
        (BERLIN, "2024-10-21", "2024-10-27 23:00"),
        (Calendar("Asia/Kathmandu"), "2024-01-01", "2024-01-07 18:15"),
        # Midnight does not exist: the clock goes from 23:59 to 01:00.
        (Calendar("America/Sao_Paulo", "sunday"), "2017-10-08", "2017-10-15 03:00"),
        # Midnight comes twice; the first one ends the week.
        (Calendar("America/Havana", "sunday"), "2024-10-27", "2024-11-03 04:00"),
        # A day that Samoa never had.
        (Calendar("Pacific/Apia", "monday"), "2011-12-26", "2012-01-01 10:00"),
    ],
)
def test_a_week_ends_at_local_midnight(calendar, week, end):
    assert calendar.end(date.fromisoformat(week)) == utc(end)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("first_day", ["monday", "sunday"])
def test_a_week_is_closed_from_its_end_on_and_not_an_instant_before(zone, first_day):
    calendar = Calendar(zone, first_day)
    for week in calendar.weeks(date(2024, 1, 1), date(2024, 12, 31)):
        end = calendar.end(week)
        assert calendar.last_closed(end) == week
        assert calendar.last_closed(end - timedelta(microseconds=1)) == week - timedelta(days=7)


def test_weeks_are_counted_with_both_ends():
    assert BERLIN.weeks(date(2024, 1, 3), date(2024, 1, 15)) == [date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)]
    assert BERLIN.weeks(date(2024, 1, 3), date(2024, 1, 3)) == [date(2024, 1, 1)]
    assert BERLIN.weeks(date(2024, 1, 15), date(2024, 1, 1)) == []


def test_weeks_without_gaps_are_one_range():
    a, b, c, d = (date(2024, 1, 1) + timedelta(weeks=i) for i in (0, 1, 3, 4))
    assert contiguous([d, a, b, a, c]) == [(a, b), (c, d)]
    assert contiguous([]) == []
    assert contiguous([c]) == [(c, c)]


instants = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1))


@given(instants, st.sampled_from(ZONES), st.sampled_from(["monday", "sunday"]))
def test_every_instant_lies_before_its_weeks_end_and_not_before_the_end_of_the_week_before(instant, zone, first_day):
    calendar, instant = Calendar(zone, first_day), instant.replace(tzinfo=UTC)
    week = calendar.week_of(calendar.local_date(instant))
    assert calendar.end(week - timedelta(days=7)) <= instant < calendar.end(week)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("first_day", ["monday", "sunday"])
def test_the_lake_cuts_weeks_where_the_calendar_does(zone, first_day):
    calendar = Calendar(zone, first_day)
    sql = week_sql(calendar.anchor, zone).format("i")
    stamps = [utc("1990-01-01"), utc("1990-01-07 23:59"), utc("2011-12-30 12:00")]
    stamps += [
        calendar.end(date(2024, 1, 1) + timedelta(days=7 * n)) + timedelta(hours=h) for n in range(52) for h in (-1, 0)
    ]
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        given_stamps = [stamp.replace(tzinfo=None) for stamp in stamps]
        found = connection.execute(
            f"select {sql} from (select unnest($stamps) as i)", {"stamps": given_stamps}
        ).fetchall()
    assert [row[0] for row in found] == [calendar.week_of(calendar.local_date(stamp)) for stamp in stamps]
