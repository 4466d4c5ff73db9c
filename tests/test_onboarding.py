"""`report_onboarding`: one row a week of joining, as the newest published report has it."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import duckdb

from orchestration import onboarding, publish
from tests.communities import FIRST, LAST, WEEK, WEEKS, Place

COUNTS = "joined, active_7d, reply_received_7d, active_28d, median_days_to_active, came_back, joined_inferred"


def rows(place: Place) -> list[tuple]:
    return place.published(f"select * from reports.{onboarding.TABLE} order by all")


def test_every_published_week_has_one_row_a_source(sample: Place):
    keys = f"select source, week_start from reports.{onboarding.TABLE}"
    seen = "select source, week_start from reports.report_activity"
    assert sample.published(f"({seen} except all {keys}) union all ({keys} except all {seen})") == []
    columns = [column for column, *_ in sample.published(f"describe reports.{onboarding.TABLE}")]
    assert columns[:3] == ["source", "week_start", "joined"] and columns[-1] == "reported_week"


def test_a_row_is_what_the_newest_report_of_the_joining_week_says(sample: Place):
    newest = f"""
        select source, joined_week as week_start, {COUNTS}, week_start as reported_week
        from reports.{onboarding.AS_OF}
        where week_start = least(joined_week + 28, date '{LAST}')
    """
    published = f"select source, week_start, {COUNTS}, reported_week from reports.{onboarding.TABLE}"
    assert sample.published(f"({newest} except {published}) union all ({published} except {newest})") == []
    final = f"select count(*), count(active_28d) from reports.{onboarding.TABLE} where source = 'slack'"
    assert sample.published(final) == [(WEEKS, WEEKS - 4)]
    # There was something to be counted.
    assert sample.published(f"select sum(joined), sum(came_back) from reports.{onboarding.TABLE}")[0][1] > 0


def test_weeks_published_in_any_order_give_the_same_rows_and_no_second_edition(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "community")
    weeks = [LAST - n * WEEK for n in range(8)]
    place.home.published.unlink()
    assert len(publish.publish(place.home, weeks, "a test").published) == len(weeks)
    at_once = rows(place)
    random.Random(5).shuffle(weeks)
    place.home.published.unlink()
    for number, week in enumerate(weeks):
        assert publish.publish(place.home, [week], "a test").published == [week]
        # Weeks that the report tells of, and that were not published themselves, have no row yet.
        told = place.published(f"select distinct week_start from reports.{onboarding.TABLE} order by 1")
        assert told == [(week,) for week in sorted(weeks[: number + 1])]
    assert rows(place) == at_once
    assert place.published("select max(edition), count(*) from reports.report_editions") == [(1, 8)]
    assert place.published("select count(*) from reports.report_restatements") == [(0,)]


def test_a_later_week_fills_the_cells_of_an_earlier_one(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "community")
    place.home.published.unlink()
    weeks = [FIRST + n * WEEK for n in range(6)]
    asked = f"select active_7d, active_28d, reported_week from reports.{onboarding.TABLE} where source = 'slack'"
    asked += f" and week_start = date '{weeks[1]}'"
    assert publish.publish(place.home, weeks[:2], "a test").published == weeks[:2]
    assert place.published(asked) == [(None, None, weeks[1])]
    assert publish.publish(place.home, weeks[2:], "a test").published == weeks[2:]
    [(seven, twenty_eight, reported)] = place.published(asked)
    assert seven is not None and twenty_eight is not None and reported == weeks[5]
    # Nobody restated the week: its days have passed.
    assert place.published("select max(edition) from reports.report_editions") == [(1,)]


def test_the_file_s_own_rows_count_and_not_the_warehouse_s():
    """A week that was withheld is in the warehouse alone; here it is in neither, and what was published holds."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as new")
        connection.execute("create schema new.reports")
        connection.execute(
            f"""
            create table new.reports.{onboarding.AS_OF} as
            select * from (values
                ('forum', date '2026-01-05', date '2026-01-05', 3, null),
                ('forum', date '2026-01-19', date '2026-01-05', 3, 2),
                ('forum', date '2026-01-19', date '2026-01-12', 1, 1),
                ('forum', date '2026-01-19', date '2026-01-19', 0, null)
            ) as t(source, week_start, joined_week, joined, active_7d)
            """
        )
        connection.execute(f"comment on column new.reports.{onboarding.AS_OF}.joined is 'Who joined.'")
        connection.execute(
            "create table new.reports.report_editions as"
            " select unnest([date '2026-01-05', date '2026-01-19']) as week_start"
        )
        for _ in range(2):  # and again, in the place of the one that is there
            onboarding.write(connection)
        found = connection.execute(f"select * from new.reports.{onboarding.TABLE} order by week_start").fetchall()
        first, third = date(2026, 1, 5), date(2026, 1, 19)
        assert found == [("forum", first, 3, 2, third), ("forum", third, 0, None, third)]
        words = connection.execute(
            "select column_name, comment from duckdb_columns() where table_name = $table order by column_index",
            {"table": onboarding.TABLE},
        ).fetchall()
    assert [name for name, _ in words] == ["source", "week_start", "joined", "active_7d", "reported_week"]
    assert dict(words)["joined"] == "Who joined." and "week of joining" in dict(words)["week_start"]
