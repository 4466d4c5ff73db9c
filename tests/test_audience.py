"""A brand page and the forum of the same people, from the files to the published table, worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.communities import Place, stillhere
from tests.computed import looked_at, published

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
id,created_time,page_id,status_type,is_published,is_hidden,updated_time,_fivetran_synced,share_count
42_1,2026-03-10 09:00:00,42,added_photos,true,false,,,
42_2,2026-03-10 18:00:00,42,wall_post,false,false,2026-03-10 18:00:00,2026-03-10 18:00:00,
42_2,2026-03-10 18:00:00,42,wall_post,true,false,2026-03-10 19:00:00,2026-03-10 19:00:00,
42_3,2026-03-10 18:00:00,42,wall_post,FALSE,,2026-03-10 18:00:00,2026-03-10 18:00:00,7
42_4,2026-03-11 18:00:00,42,wall_post,true,true,2026-03-11 18:00:00,2026-03-11 18:00:00,8
"""
FARES = """\
date,post_id,post_impressions,post_reactions_like_total
2026-03-12,42_1,40,5
2026-03-12,42_3,50,6
2026-03-12,42_4,60,7
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
    (folder / "page" / "fares.csv").write_text(FARES)
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
        # On the 10th there is no line of the page itself: the 40 views and 5 reactions of its post count.
        (202, 7, 5, 5 / 200, 200, 440, 45, 45 / 200, 45 / 202, 2, 2 / 202),
        # Nothing is told of the week after but what is known of before.
        (202, None, None, None, None, None, None, None, None, 0, 1 / 202),
    ]


def test_a_post_that_nobody_can_see_is_no_content(tea_house: Place):
    """42_3 is not published, 42_4 hidden; 42_2 was a draft for an hour. What others came to counts."""
    sql = "select content_id from canonical.int_interactions where source = 'page' order by 1"
    assert looked_at(tea_house, sql) == [("42_1",), ("42_2",)]
    sql = (
        "select content_id, statistic, quantity from canonical.int_content_statistics where source = 'page' order by 2"
    )
    assert looked_at(tea_house, sql) == [("42_1", "reaction", 5), ("42_1", "view", 40)]


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
