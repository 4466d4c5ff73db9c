"""Brand pages: the kinds of files are told apart by their columns, every line counts once or is explained."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

from orchestration import formats
from tests.communities import SHARED_DATA
from tests.exports_in.inbox import Inbox

TABLE = "page_statistics_figures"
LAYOUTS = SHARED_DATA / "insights_schemas"
FILES = {
    "meta_insights": "facebook_pages_daily_page_metrics_total_data.csv",
    "youtube_reports": "youtube_channel_basic_data.csv",
    "x_analytics": "organic_tweet_report.csv",
    "linkedin_pages": "linkedin_pages_share_statistic_data.csv",
}
PAGE_DAYS = "date,page_id,page_impressions,page_fans,page_fan_adds\n"


def source(name: str) -> str:
    return f'[[sources]]\nname = "page"\nformat = "{name}"\npath = "exports"\n'


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "community", source("meta_insights"))


def rows(inbox: Inbox, columns: str) -> list:
    return inbox.rows(TABLE, columns, "where _file like '%.%' order by _file, _row")


def test_a_page_by_day(inbox: Inbox):
    inbox.put("any name.csv", PAGE_DAYS + '2026-03-09 07:00:00,42,"1,200",300,\n2026-03-10,42,7.0,,3\n')
    inbox.pull()
    columns = "account, cast(day as varchar), views, followers, followers_gained, followers_lost, is_total"
    assert rows(inbox, columns) == [
        ("42", "2026-03-09", 1200, 300, None, None, True),
        ("42", "2026-03-10", 7, None, 3, None, True),
    ]


VIDEOS = "id,snippet_channel_id,snippet_published_at,privacy_status\nv,c,2026-03-09 10:00:00,"
TWEETS = "id,created_at,favorite_count,retweet_count,tweet_type\nv,2026-03-09 10:00:00,1,1,"
SHARES = "id,author,first_published_at,lifecycle_state\nv,c,2026-03-09 10:00:00,"


@pytest.mark.parametrize(
    ("name", "line", "is_visible"),
    [
        ("youtube_reports", VIDEOS + "public", True),
        ("youtube_reports", VIDEOS + "unlisted", True),
        ("youtube_reports", VIDEOS + "Private", False),
        ("youtube_reports", VIDEOS, True),
        ("x_analytics", TWEETS + "PUBLISHED", True),
        ("x_analytics", TWEETS + "SCHEDULED", False),
        ("x_analytics", TWEETS + "DRAFT", False),
        ("linkedin_pages", SHARES + "PUBLISHED", True),
        ("linkedin_pages", SHARES + "PUBLISHED_EDITED", True),
        ("linkedin_pages", SHARES + "DRAFT", False),
        ("linkedin_pages", SHARES + "PUBLISH_REQUESTED", False),
        ("linkedin_pages", SHARES + "PUBLISH_FAILED", False),
        ("linkedin_pages", "id,author,first_published_at,lifecycle_state,created_time\nv,c,,DRAFT,2026-03-09", False),
    ],
)
def test_what_nobody_can_see_is_told(inbox: Inbox, name: str, line: str, is_visible: bool):
    """Drafts and private videos are no posts; an unlisted one is seen by whoever is given its address."""
    inbox.configure(source(name))
    inbox.put("posts.csv", line + "\n")
    inbox.pull()
    assert rows(inbox, "content, is_visible") == [("v", is_visible)]


def test_what_is_no_number_no_date_or_nobodys_is_quarantined(inbox: Inbox):
    inbox.put(
        "days.csv",
        PAGE_DAYS + "2026-03-09,42,many,,\nyesterday,42,1,,\n2026-03-09,,1,,\n,42,1,,\n2026-03-09,42,9e99,,\n"
        "2026-03-09,42,5,,\n",
    )
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded")) == (6, 1)
    reasons = [entry["reason"] for entry in inbox.quarantine()]
    assert reasons == [
        "expected a number, found many",
        "day: expected an instant, found yesterday",
        "neither account nor post",
        "the row bears no date",
        "a figure beyond all measure",
    ]


def test_a_file_of_a_kind_that_no_figure_needs(inbox: Inbox):
    inbox.put("account_history.csv", "id,updated_at,business_id,timezone\n1,2026-01-01,2,UTC\n")
    inbox.put("days.csv", PAGE_DAYS + "2026-03-09,42,5,,\n")
    outcomes = {account.file: account.outcome for account in inbox.pull().accounts}
    assert outcomes == {"account_history.csv": "unused", "days.csv": "loaded"}
    assert not inbox.pull().changed


def test_a_file_of_no_known_kind_is_quarantined_and_named(inbox: Inbox):
    inbox.put("days.csv", "a,b\n1,2\n")
    inbox.pull()
    assert (
        "none of the files that meta_insights knows has these columns; found: a, b" in inbox.quarantine()[0]["reason"]
    )


def test_ids_that_are_urns_are_known_by_their_last_part(tmp_path: Path):
    inbox = Inbox(tmp_path / "community", source("linkedin_pages"))
    inbox.put(
        "shares.csv",
        "_organization_entity_urn,_share_entity_urn,impression_count,_fivetran_synced\n"
        "urn:li:organization:10,urn:li:share:77,5,2026-03-09T10:00:00\n",
    )
    inbox.pull()
    assert rows(inbox, "account, content, views") == [("10", "77", 5)]


@pytest.mark.parametrize("name", FILES)
def test_the_sample_layouts_load_with_every_line_accounted_for(tmp_path: Path, name: str):
    if not LAYOUTS.exists():
        pytest.skip(f"no sample layouts: {LAYOUTS} is missing")
    inbox = Inbox(tmp_path / "community", source(name))
    content = (LAYOUTS / FILES[name]).read_bytes()
    inbox.put(FILES[name], content)
    result = inbox.pull()
    lines = len(list(csv.reader(io.StringIO(content.decode("utf-8"))))) - 1
    assert (result.total("rows_read"), result.total("rows_loaded")) == (lines, lines)
    assert all(views is not None for views in rows(inbox, "views"))


@pytest.mark.parametrize("name", FILES)
def test_random_pages_are_read_back_as_written(tmp_path: Path, name: str):
    """Shuffled lines, split over files, some of them in two: what is written comes back, by day and account."""
    dice = random.Random(name)
    layout = formats.get(name).layouts[0]
    one = {key: names[0] for key, names in {**layout.fields, **layout.figures}.items()}
    needed = sorted(layout.known_by | set(one.values()))
    written = []
    for number in range(60):
        row = dict.fromkeys(needed, "")
        row[one["account"]] = dice.choice(["a1", "Ünï", "o'b", "x;y"])
        row[one.get("day", one.get("as_of"))] = f"2026-0{dice.randint(1, 9)}-{dice.randint(10, 28)}"
        if "content" in one:
            row[one["content"]] = f"p{number}"
        row[one["views"]] = str(dice.randint(0, 10**9))
        written.append(row)
    dice.shuffle(written)
    inbox = Inbox(tmp_path / "community", source(name))
    for number, part in enumerate((written[:25], written[20:45], written[45:])):
        text = io.StringIO()
        writer = csv.DictWriter(text, needed, delimiter=dice.choice(",;\t"))
        writer.writeheader()
        writer.writerows(part)
        inbox.put(f"part {number}.csv", text.getvalue())
    assert inbox.pull().total("rows_loaded") == 65
    day = "cast(coalesce(day, cast(as_of as date)) as varchar)"
    found = {tuple(row) for row in rows(inbox, f"account, {day}, views")}
    assert found == {
        (row[one["account"]], row[one.get("day", one.get("as_of"))], int(row[one["views"]])) for row in written
    }


@pytest.mark.parametrize("cut", range(0, 120, 7))
def test_a_file_cut_off_anywhere_is_accounted_for(inbox: Inbox, cut: int):
    whole = (PAGE_DAYS + "2026-03-09,42,5,10,1\n2026-03-10,42,6,11,1\n2026-03-11,42,7,12,1\n").encode()
    inbox.put("days.csv", whole[:cut])
    result = inbox.pull()  # the inbox checks that the counts add up
    assert result.total("rows_loaded") <= whole[:cut].count(b"\n")
