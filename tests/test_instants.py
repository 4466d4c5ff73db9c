"""Instants as platforms write them, in CSV and in Parquet, and what is no instant at all."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from tests.exports_in.inbox import Inbox
from tests.exports_in.mapped import table_source, write_parquet


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", table_source())


def read(inbox, content, source=None, name="log.csv", columns="member, cast(_at as varchar)"):
    """Rows of one file, in the order of the file."""
    if source:
        inbox.configure(source)
    inbox.put(name, content)
    inbox.pull()
    return inbox.rows("table_events", columns, "order by _row")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-01T12:00:00Z", "2024-01-01 12:00:00"),
        ("2024-01-01t12:00:00z", "2024-01-01 12:00:00"),
        ("2024-01-01 12:00:00 UTC", "2024-01-01 12:00:00"),
        ("2024-01-01 12:00:00.123456+00:00", "2024-01-01 12:00:00.123456"),
        ("2024-01-01T12:00:00.123456789Z", "2024-01-01 12:00:00.123456"),
        ("2024-01-01T12:00:00,5Z", "2024-01-01 12:00:00.5"),
        ("2024-01-01T12:00Z", "2024-01-01 12:00:00"),
        ("2024-01-01 12:00+02", "2024-01-01 10:00:00"),
        ("2024-01-01T12:00:00+0530", "2024-01-01 06:30:00"),
        ("2024-01-01 12:00:00 -0500", "2024-01-01 17:00:00"),
        ("2024-01-01 12:00:00-05:00", "2024-01-01 17:00:00"),
        ("2024-01-01 12:00:00+14:00", "2023-12-31 22:00:00"),
        ("2024-01-01 12:00:00+12:45", "2023-12-31 23:15:00"),
        ("2024-01-01 12:00:00 -12", "2024-01-02 00:00:00"),
        ("1704110400", "2024-01-01 12:00:00"),
        ("1704110400.25", "2024-01-01 12:00:00.25"),
        ("1704110400250", "2024-01-01 12:00:00.25"),
        ("1704110400250.0", "2024-01-01 12:00:00.25"),
        # Without a zone: New York's.
        ("2024-01-01 12:00", "2024-01-01 17:00:00"),
        ("2024-01-01T12:00:00.5", "2024-01-01 17:00:00.5"),
        ("  2024-01-01 12:00:00  ", "2024-01-01 17:00:00"),
        # As long as the plain form, or nearly in it.
        ("2024-01-01t12:00:00", "2024-01-01 17:00:00"),
        ("2024-01-01 12:00:0 ", "2024-01-01 17:00:00"),
        (" 2024-01-01 12:00Z ", "2024-01-01 12:00:00"),
        ("2024-07-01 12:00:00", "2024-07-01 16:00:00"),
        ("2024-01-01", "2024-01-01 05:00:00"),
        ("2024/1/1", "2024-01-01 05:00:00"),
        # The clock goes from 02:00 to 03:00: read as if it had not yet been changed.
        ("2024-03-10 02:30:00", "2024-03-10 07:30:00"),
        # And from 02:00 back to 01:00: the second of the two.
        ("2024-11-03 01:30:00", "2024-11-03 06:30:00"),
    ],
)
def test_instants_in_all_the_ways_they_are_written(inbox, text, utc):
    source = table_source(more='type = "post"\ntimezone = "America/New_York"\ndelimiter = ";"')
    assert read(inbox, f"who;at\nann;{text}\n", source) == [("ann", utc)]


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "01.02.2024 10:00",
        "2024-13-01",
        "2024-02-30",
        "12:00",
        "20240101",
        "now",
        "2024-01-01 25:00",
        "1e9",
        "-1704110400",
        "2024-01-01 12:00:00+99:00",
        "2024-01-01T12:00:00+15:00",
        "2024-01-01 12:00+14:30",
        "2024-01-01 12:00:00 -12:30",
        "2024-01-01T12:00:00.5+05:99",
        "2024-01-01 12:00:00-13",
    ],
)
def test_what_is_no_instant_is_told(inbox, text):
    assert read(inbox, f"who,at\nann,{text}\n") == []
    assert inbox.reasons() == {2: f"at: expected an instant, found {text}"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("infinity", "instant in the future: infinity"),
        ("-infinity", "instant before 1990: -infinity"),
        ("epoch", "instant before 1990: 1970-01-01 00:00:00"),
        ("1989-12-31 23:59:59", "instant before 1990: 1989-12-31 23:59:59"),
        ("294247-01-10 04:00:54", "instant in the future: 294247-01-10 04:00:54"),
        ("290309-12-22 (BC)", "instant before 1990: 290309-12-22 (BC) 00:00:00"),
        ("", "at: missing"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_instants_out_of_this_world_are_told_and_the_rest_goes_on(inbox, text, reason, zone):
    source = table_source(more=f'type = "post"\ntimezone = "{zone}"')
    assert read(inbox, f"who,at\nann,{text}\nben,2024-01-01\n", source, columns="member") == ["ben"]
    (found,) = inbox.reasons().values()
    if zone == "UTC" or "missing" in reason:
        assert found == reason
    else:
        assert found.split(":")[0] in (reason.split(":")[0], "at")


def test_the_next_hours_are_a_clock_that_is_off_and_two_days_are_not(inbox):
    soon, late = (datetime.now(UTC) + timedelta(hours=hours) for hours in (12, 48))
    content = f"who,at\nann,{soon:%Y-%m-%d %H:%M:%S}\nben,{late:%Y-%m-%d %H:%M:%S}\n"
    assert read(inbox, content, columns="member") == ["ann"]
    assert inbox.reasons() == {3: f"instant in the future: {late:%Y-%m-%d %H:%M:%S}"}


@pytest.mark.parametrize(
    ("pattern", "text", "utc", "precision"),
    [
        ("%d.%m.%Y %H:%M", "31.12.2023 23:30", "2023-12-31 22:30:00", "exact"),
        ("%d.%m.%Y", "31.12.2023", "2023-12-30 23:00:00", "day"),
        ("%m/%d/%Y %I:%M %p", "07/01/2024 01:05 PM", "2024-07-01 11:05:00", "exact"),
        ("%-d/%-m/%Y %-H:%M", "1/7/2024 9:05", "2024-07-01 07:05:00", "exact"),
        # With an offset of its own the zone of the config says nothing.
        ("%d.%m.%Y %H:%M %z", "31.12.2023 23:30 -0500", "2024-01-01 04:30:00", "exact"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-01-01 01:00:00.25", "2024-01-01 00:00:00.25", "exact"),
    ],
)
def test_a_pattern_says_how_instants_are_written(inbox, pattern, text, utc, precision):
    source = table_source(more=f'type = "post"\ntimezone = "Europe/Berlin"\ninstants = "{pattern}"')
    content = f"who,at\nann,{text}\nben,2024-01-01T00:00:00Z\n"
    assert read(inbox, content, source, columns="cast(_at as varchar), time_precision") == [(utc, precision)]
    assert inbox.reasons() == {3: "at: expected an instant, found 2024-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("pattern", "text", "utc"),
    [
        ("%Y-%m-%d %H:%M %z", "2024-01-01 12:00 {}", "2024-01-01 06:30:00"),
        ("%H:%M%z, %d-%m-%Y", "12:00{}, 01-01-2024", "2024-01-01 06:30:00"),
        ("%a %b %d %H:%M:%S %z %Y", "Mon Jan 01 12:00:00 {} 2024", "2024-01-01 06:30:00"),
        ("%Y-%m-%d %H:%M (%z)", "2024-01-01 12:00 ({})", "2024-01-01 06:30:00"),
    ],
)
def test_an_offset_that_no_clock_has_is_none_in_a_pattern_either(inbox, pattern, text, utc):
    source = table_source(more=f'type = "post"\ninstants = "{pattern}"\ndelimiter = ";"')
    offsets = ["+05:30", "+0530", "+9900", "+15:00", "-12:30", "+05:99"]
    content = "who;at\n" + "".join(f"ann;{text.format(offset)}\n" for offset in offsets)
    assert read(inbox, content, source, columns="cast(_at as varchar)") == [utc, utc]
    assert list(inbox.reasons()) == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("text", "more", "lacks"),
    [
        ("2024-01-01 12:00:00", "", True),
        ("2024-01-01", "", True),
        ("2024-01-01 12:00:00", 'timezone = "UTC"', False),
        ("2024-01-01T12:00:00Z", "", False),
        ("2024-01-01 12:00 +0530", "", False),
        ("1704110400", "", False),
        ("someday", "", False),
        ("31.12.2023", 'instants = "%d.%m.%Y"', True),
        ("31.12.2023 12:00 +0100", 'instants = "%d.%m.%Y %H:%M %z"', False),
    ],
)
def test_instants_that_only_the_config_can_place_are_noticed(inbox, text, more, lacks):
    inbox.configure(table_source(more=f'type = "post"\n{more}'))
    inbox.put("log.csv", f"who,at\nann,1704110400\nann,{text}\n")
    assert inbox.pull().lacks_zone == lacks


def test_the_precision_of_a_date_alone_is_the_day(inbox):
    content = "who,at\na,2024-01-01\nb,2024/1/2\nc,2024-01-01 00:00\nd,1704067200\n"
    assert read(inbox, content, columns="time_precision") == ["day", "day", "exact", "exact"]


def test_parquet_keeps_its_instants(tmp_path):
    inbox = Inbox(tmp_path, table_source(more='type = "post"\ntimezone = "Asia/Shanghai"'))
    tokyo = [datetime(2024, 1, 1, 9, 0, 0, 250000, ZoneInfo("Asia/Tokyo")), None]
    columns = {
        "zoned": pa.array(tokyo, pa.timestamp("us", "Asia/Tokyo")),
        "nanoseconds": pa.array(tokyo, pa.timestamp("ns", "UTC")),
        "naive": pa.array([datetime(2024, 1, 1, 8, 0, 0, 250000), None], pa.timestamp("ms")),
        "text": ["2024-01-01T00:00:00.250Z", None],
        "seconds": [1704067200.25, None],
        "milliseconds": pa.array([1704067200250, None]),
        "float-milliseconds": [1704067200250.0, None],
    }
    for name, values in columns.items():
        write_parquet(inbox.exports / f"{name}.parquet", {"x": [1, 2], "who": [name, "nobody"], "at": values})
    inbox.pull()
    assert dict(inbox.rows("table_events", "member, cast(_at as varchar)")) == dict.fromkeys(
        columns, "2024-01-01 00:00:00.25"
    )
    assert {entry["reason"] for entry in inbox.quarantine()} == {"at: missing"}
    assert len(inbox.quarantine()) == len(columns)


def test_parquet_dates_are_days_and_columns_may_go_by_number(inbox):
    inbox.configure(table_source("member = 2\nat = 1"))
    write_parquet(inbox.exports / "log.parquet", {"at": [date(2024, 1, 1)], "who": [7]})
    inbox.pull()
    assert inbox.rows("table_events", "member, time_precision") == [("7", "day")]
