"""A brand page and the forum of the same people, from the files to the published table, worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.communities import Place, stillhere
from tests.computed import published

CONFIG = """
[community]
name = "Tea house"

[[sources]]
name = "page"
format = "meta_insights"
path = "page/*.csv"
audience_of = "forum"

[[sources]]
name = "forum"
format = "table"
path = "forum.csv"
type = "post"
[sources.columns]
member = "who"
at = "at"
"""
DAYS = """\
date,page_id,page_impressions,page_impressions_unique,page_fans,page_fan_adds,page_fan_removes,page_post_engagements
2026-03-08,42,90,50,200,,,9
2026-03-09,42,100,60,204,5,1,10
2026-03-12,42,300,140,202,2,4,30
"""
POSTS = """\
id,created_time,page_id,status_type
42_1,2026-03-10 09:00:00,42,added_photos
42_2,2026-03-10 18:00:00,42,wall_post
"""
FORUM = """\
who,at
ann,2026-03-02T10:00:00Z
ann,2026-03-09T10:00:00Z
ben,2026-03-15T23:59:59Z
cem,2026-03-16T00:00:00Z
"""


@pytest.fixture(scope="module")
def tea_house(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("tea")
    (folder / "page").mkdir()
    (folder / "stillhere.toml").write_text(CONFIG)
    (folder / "page" / "days.csv").write_text(DAYS)
    (folder / "page" / "posts.csv").write_text(POSTS)
    (folder / "forum.csv").write_text(FORUM)
    return published(folder / "stillhere.toml", [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)])


def test_the_week_of_the_page(tea_house: Place):
    found = tea_house.published(
        "select followers, followers_gained, followers_lost, unfollow_rate, reach, views, engagements,"
        " engagement_rate_by_reach, engagement_rate_by_followers, posts, active_per_follower"
        " from reports.report_audience where source = 'page' order by week_start"
    )
    assert found == [
        # Gains, losses and posts of the first week are in none of the files.
        (200, None, None, None, 50, 90, 9, 9 / 50, 9 / 200, None, 1 / 200),
        # Two of the forum's people were active, of 202 who follow the page; 5 of the 200 at the week's start left.
        (202, 7, 5, 5 / 200, 200, 400, 40, 40 / 200, 40 / 202, 2, 2 / 202),
        # Nothing is told of the week after but what is known of before.
        (202, None, None, None, None, None, None, None, None, 0, 1 / 202),
    ]


def test_the_forum_has_no_audience(tea_house: Place):
    assert tea_house.published("select distinct source from reports.report_audience order by 1") == [
        ("all",),
        ("page",),
    ]


def test_a_page_is_official_and_no_member(tea_house: Place):
    found = tea_house.published(
        "select members, active_members, active_rate from reports.report_activity where source = 'page'"
    )
    assert set(found) == {(0, 0, None)}


def test_audience_of_names_a_source(tmp_path: Path):
    (tmp_path / "stillhere.toml").write_text(CONFIG.replace('audience_of = "forum"', 'audience_of = "frum"'))
    done = stillhere("check", "--config", tmp_path / "stillhere.toml")
    assert done.returncode == 2
    assert "sources.page.audience_of: 'frum' is not the name of one of the [[sources]]" in done.stderr
