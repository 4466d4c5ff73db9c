"""The weekly page: every number is the table's, strangers' names do nothing, and everybody can read it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from datetime import time as daytime
from pathlib import Path
from urllib.parse import parse_qsl

import duckdb
import pytest

from orchestration import config, languages
from orchestration.home import Home
from orchestration.page import charts, figures, pages, render, writing
from tests.communities import FIRST, LAST, WEEK, WEEKS, Place
from tests.page_reading import ASSETS, Page, differing

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; drop table x; --",
    "{{ 7 * 7 }}%(x)s",
    "a\nb",
)
LONG = "M" * 3000
LOOK = render.Look("Harbour Makers", "en", "Europe/Berlin", "monday", 4, 12)


def look(language: str = "en", community: str = "Harbour Makers") -> render.Look:
    return render.Look(community, language, "Europe/Berlin", "monday", 4, 12)


def add_lists(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...] = ("Ada", "Grace")) -> None:
    """Lists, and what came of the flags, made by hand: a few members of our own, with names of our own."""
    connection.execute(
        """
        create or replace table reports.report_churn_backtest as
        select 'all' as source, $week::date as week_start, rule, 120::bigint as population,
            0.31::double as base_rate, 30::bigint as tp, 10::bigint as fp, 7::bigint as fn,
            73::bigint as tn, 0.75::double as precision, 0.8108::double as recall, 0.78::double as f1,
            2.4194::double as lift from (values ('silence'), ('union'), ('always')) as rules (rule)
        """,
        {"week": LAST},
    )
    for table in ("list_winback", "list_removal"):
        connection.execute(
            f"""
            create or replace table reports.{table} as
            select 'all' as source, $week::date as week_start, 'm' || i as member_id,
                name as member_name, 'at_risk' as status, (4 + i)::integer as silence_weeks, 'poll' as play,
                name || ' wrote polls' as reason, false as is_holdout, i as value_rank,
                i = len($names) as is_flagged_by_trusted_rule
            from (select unnest($names) as name, unnest(range(1, len($names) + 1)) as i)
            """,
            {"week": LAST, "names": list(names)},
        )


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages.LANGUAGES)
@pytest.mark.parametrize("back", [0, 1, 12, WEEKS - 1])
def test_every_number_is_the_tables(published, language, back):
    week = LAST - back * WEEK
    page = Page(render.week_page(published, week, look(language)))
    assert len(page.numbers) > (700 if back < 12 else 100)
    assert differing(page, published, language) == []


def test_a_number_that_is_wrong_would_be_noticed(published):
    html = render.week_page(published, LAST, LOOK)
    published.execute("update reports.report_activity set active_members = active_members + 1")
    found = differing(Page(html), published, "en")
    assert found and all("active_members" in problem for problem in found)


def test_no_number_in_a_sentence_is_without_its_place(published):
    """Digits outside marked numbers are dates, hours, column heads and settings; none in the sentences of figures."""
    add_lists(published)
    published.execute("delete from reports.report_quality")
    page = Page(render.week_page(published, LAST, LOOK))
    allowed = re.compile(
        r"\b(24 hours|24 h|20\d\d|Oct \d+|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+|\d+:00"
        r"|(4|12) weeks or more)\b"
    )
    sentences = [part for part in page.prose if len(part.strip()) > 3 and not part.strip().startswith("report_")]
    definitions = {row[0] for row in published.execute("select comment from duckdb_columns()").fetchall()}
    stray = [
        part
        for part in sentences
        if part not in definitions and re.search(r"\d", allowed.sub("", part)) and "18, 2026" not in part
    ]
    assert stray == [] or all("of the week" in part for part in stray), stray


def test_the_index_has_every_week_and_what_was_read(published):
    page = Page(render.index_page(published, LOOK, []))
    weeks = {number.key for number in page.numbers if number.column == "active_members"}
    assert len(weeks) == WEEKS
    assert {n.column for n in page.numbers if n.table == "export_files"} >= {"sum(rows_read)", "sum(rows_quarantined)"}
    assert differing(page, published, "en") == []


def test_each_number_has_its_definition_one_tap_away(published):
    page = Page(render.week_page(published, LAST, LOOK))
    targets = [given["popovertarget"] for tag, given in page.tags if tag == "button"]
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))
    assert set(targets) <= set(ids) and len(targets) > 100
    comment = published.execute(
        "select comment from duckdb_columns() where table_name = 'report_activity' and column_name = 'quick_ratio'"
    ).fetchall()[0][0]
    assert comment in page.text


# -- strangers' words -------------------------------------------------------------------------------------------------


def test_names_of_strangers_are_text_everywhere(published):
    add_lists(published, (*HOSTILE, LONG))
    for name in HOSTILE:
        published.execute(
            "update reports.report_quality set observed = $n, passed = false where report = 'report_churn'", {"n": name}
        )
        published.execute(
            "update reports.report_content set content_type = $n where content_type = 'text'", {"n": name}
        )
        published.execute("update reports.sources set format = $n where source = 'shop'", {"n": name})
        published.execute(
            "insert into reports.report_goals by name select $w::date as week_start, $n as goal, 1.0 as value,"
            " 2.0 as expected_by_now, 3.0 as target, false as on_track, 'report_activity.active_members' as metric",
            {"w": LAST, "n": name},
        )
        for table in ("report_activity", "report_conversation"):
            published.execute(f"update reports.{table} set source = $n where source = 'shop'", {"n": name})
        html = render.week_page(published, LAST, look(community=name))
        page = Page(html)
        assert not [tag for tag, _ in page.tags if tag in ASSETS]
        assert not [given for _, given in page.tags if any(a.startswith("on") for a in given)]
        assert name.split("\n")[0] in page.text
        assert "{{ 7 * 7 }}" in page.text and "49%" not in page.text
        assert differing(page, published, "en") == []
        for table in ("report_activity", "report_conversation"):
            published.execute(f"update reports.{table} set source = 'shop' where source = $n", {"n": name})
        published.execute(
            "update reports.report_content set content_type = 'text' where content_type = $n", {"n": name}
        )


def test_the_page_asks_nobody_for_anything(published):
    html = render.week_page(published, LAST, LOOK, "k", LAST - WEEK, LAST + WEEK)
    page = Page(html)
    assert not [tag for tag, _ in page.tags if tag in ASSETS]
    links = [given["href"] for _, given in page.tags if "href" in given]
    assert links and all(re.fullmatch(r"#[\w-]+|\.\./(20\d\d-\d\d-\d\d/)?index\.html|\w+\.csv", link) for link in links)
    addresses = set(re.findall(r"https?://[^\"' <)]+", html))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in html.replace("url(#", "")
    assert "default-src 'none'" in html
    assert len(html) < 1_500_000


# -- what is not there ------------------------------------------------------------------------------------------------


def test_sections_without_data_say_so_or_are_absent(published):
    for table in (
        "report_churn_backtest",
        "report_churn_choice",
        "list_winback",
        "list_removal",
        "report_winback_lift",
    ):
        published.execute(f"drop table reports.{table}")
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "Not known yet: it takes flags of four weeks ago" in text
    assert "Win-back" not in text and "Followers" not in text
    add_lists(published)
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "Whom to write to first" in text and "Ada wrote polls" in text and "ask for an opinion" in text
    assert text.index("Grace wrote polls") < text.index("Ada wrote polls"), "whom the trusted rule flags stands first"
    published.execute("update reports.report_conversation set threads = null, broadcast_share = null")
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "The exports do not show what replies to what" in text


def test_a_holdout_is_not_among_those_to_write_to(published):
    add_lists(published, ("Ada", "Grace"))
    published.execute("update reports.list_winback set is_holdout = true where member_name = 'Grace'")
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "Ada" in text and "Grace" not in text


def test_the_list_says_whom_why_and_with_what(published):
    add_lists(published)
    published.execute("update reports.list_winback set reason = 'at_risk: was_creator_or_contributor', play = 'poll'")
    published.execute("alter table reports.list_winback add column active_weeks integer default 9")
    page = Page(render.week_page(published, LAST, LOOK))
    assert "Silent for weeks; took part in weeks." in page.text
    assert ("list_winback", "active_weeks", "9") in [(n.table, n.column, n.value) for n in page.numbers]
    assert differing(page, published, "en") == []
    chinese = Page(render.week_page(published, LAST, look("zh_CN")))
    assert "征求意见" in chinese.text and "took part in" not in chinese.text.split("report_")[0]


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("not_enough_members", "Whether writing to people helps cannot be told yet"),
        ("effect", "Writing to people helps."),
        ("adverse_effect", "Writing to people does harm."),
        ("no_effect_seen", "No effect can be told from chance."),
    ],
)
def test_whether_writing_helps_is_said_in_a_sentence(published, verdict, sentence):
    published.execute(
        """
        create or replace table reports.report_winback_lift as select 'all' as source, $week::date as week_start,
            $week::date - 28 as list_week, lists, 'all' as play, 200::bigint as contacted, 120::bigint as holdout,
            0.2::double as rate_contacted, 0.1::double as rate_holdout, $verdict as verdict, 'log' as contacts_known_by
        from (values (1), (12)) as l (lists)
        """,
        {"week": LAST, "verdict": verdict},
    )
    page = Page(render.week_page(published, LAST, LOOK))
    assert sentence in page.text and "There is no log of who was contacted" not in page.text
    assert differing(page, published, "en") == []


@pytest.mark.parametrize(
    ("reason", "rule", "said"),
    [
        ("model_is_better", "model", "the learned flag tells best who will fall silent"),
        ("simple_alone", "silence_cut", "the length of silence tells best who will fall silent"),
        ("none_is_eligible", "union", "no rule finds four in five of those who fall silent and is right more often"),
        ("not_enough_history", "union", "Which rule tells best who will fall silent cannot be said yet"),
    ],
)
def test_which_rule_to_trust_is_said_in_a_sentence(published, reason, rule, said):
    """Where none was chosen, none is said to tell best, however often the flags were right."""
    published.execute(
        "update reports.report_churn_choice set rule = $rule, reason = $reason, weeks_judged = 13,"
        " precision = 0.7, recall = 0.8, base_rate = 0.3",
        {"rule": rule, "reason": reason},
    )
    page = Page(render.week_page(published, LAST, LOOK))
    assert said in page.text
    assert ("tells best who will fall silent:" in page.text) == (rule != "union")
    assert differing(page, published, "en") == []


def test_nobody_who_was_not_judged_stands_before_the_flagged(published):
    add_lists(published, ("Ada", "Bea", "Cem"))
    published.execute(
        "update reports.list_winback set is_flagged_by_trusted_rule = null, status = 'churned' where value_rank = 1"
    )
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert text.index("Cem") < text.index("Ada") < text.index("Bea")


def test_fewer_at_risk_are_no_good_news_where_more_fell_silent(published):
    published.execute(
        """
        update reports.report_headlines set value = 20, mean_4w = 30, direction = 'down', is_good_news = true,
            sentence_key = 'at_risk_down' where metric = 'report_churn.at_risk'
        """
    )
    published.execute("update reports.report_churn set newly_at_risk = 4, newly_churned = 4")
    html = render.week_page(published, LAST, LOOK)
    assert "Neither good nor bad" not in html
    published.execute("update reports.report_churn set newly_churned = 7")
    html = render.week_page(published, LAST, LOOK)
    assert "Neither good nor bad" in html
    page = Page(html)
    assert "turned at risk, and went silent." in page.text and differing(page, published, "en") == []


def test_who_reads_is_said_of_the_sources_that_show_it(published):
    assert "The exports do not show who reads" in Page(render.week_page(published, LAST, LOOK)).text
    published.execute("update reports.sources set observes_views = true where source = 'slack'")
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "The exports do not show who reads" not in text and "Who reads shows in slack alone" in text


def test_a_week_in_which_nobody_took_part_tells_of_no_zeros(published):
    published.execute(
        "update reports.report_activity set active_members = 0, retained = 0, resurrected = 0, new_active = 0,"
        " dormant = 9 where week_start = ?",
        [LAST],
    )
    page = Page(render.week_page(published, LAST, LOOK))
    assert "Nobody took part;" in page.text and "had done so the week before," not in page.text
    assert differing(page, published, "en") == []


def test_a_community_without_members_gets_no_news_of_zeros(published):
    published.execute("update reports.report_activity set members = 0, active_members = 0")
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "there is nobody to count" in text and "The week in brief" not in text


def test_of_a_shop_alone_nothing_is_said_that_its_orders_cannot_show(published):
    published.execute("delete from reports.sources where source <> 'shop'")
    page = Page(render.week_page(published, LAST, LOOK))
    assert "members bought something." in page.text and "members took part" not in page.text
    assert "who took part cannot be told" in page.text
    titles = ("Who took part", "Conversation", "Few and many", "Purchases")
    assert [title for title in titles if title in page.text] == ["Who took part", "Purchases"]
    shown = {f"{n.table}.{n.column}" for n in page.numbers}
    assert not {
        "report_activity.active_members", "report_activity.interactions", "report_lifecycle.active_members",
        "report_purchases.active_buyer_share",
    } & shown  # fmt: skip
    named = {n.key.split("metric=")[1] for n in page.numbers if "metric=" in n.key}
    assert named and not [key for key in named if key.startswith(("report_activity", "report_conversation"))]
    assert differing(page, published, "en") == []
    index = Page(render.index_page(published, LOOK, []))
    assert "active_members" not in {n.column for n in index.numbers} and "members" in {n.column for n in index.numbers}


def test_what_nobody_known_bought_is_told_apart(published):
    published.execute(
        "update reports.report_purchases set orders = orders + 3, revenue = revenue + 45.5, orders_without_buyer = 3,"
        " revenue_without_buyer = 45.5"
    )
    page = Page(render.week_page(published, LAST, LOOK))
    assert "nobody knows who bought." in page.text and "The others were placed by" in page.text
    assert "report_purchases.revenue_without_buyer" in {f"{n.table}.{n.column}" for n in page.numbers}
    assert differing(page, published, "en") == []
    published.execute("update reports.report_purchases set orders = 3, buyers = 0, repeat_rate = null")
    page = Page(render.week_page(published, LAST, LOOK))
    assert "nobody knows who bought." in page.text and "The others were placed by" not in page.text


def test_a_shop_among_others_is_not_among_those_whose_members_take_part(published):
    published.execute(
        "insert into reports.sources by name select * replace ('b' as source) from reports.sources"
        " where source = 'slack'"
    )
    published.execute(
        "insert into reports.report_activity by name select * replace ('b' as source)"
        " from reports.report_activity where source = 'slack'"
    )
    page = Page(render.week_page(published, LAST, LOOK))
    assert "shop: the exports show who buys, and nothing else" in page.text
    keys = {n.key for n in page.numbers if n.table == "report_activity" and n.column == "active_rate"}
    assert {key.partition("&")[0] for key in keys} == {"source=all", "source=b", "source=slack"}


def test_a_page_says_where_its_exports_end(published):
    for source, day in (("slack", 2), ("shop", 6)):
        published.execute(
            "update reports.export_files set last_at = $at where source = $source",
            {"at": datetime.combine(LAST + timedelta(days=day), daytime(12)), "source": source},
        )
    text = Page(render.week_page(published, LAST, LOOK)).text
    assert "The newest entry of slack is of October 14, 2026." in text
    assert "The newest entry of shop" not in text, "rows of the last day: the week is whole"
    assert "newest entry" not in Page(render.week_page(published, LAST - WEEK, LOOK)).text


def test_later_rows_write_the_page_anew_that_said_where_they_ended(small):
    settings = config.load(small.config)
    with duckdb.connect(str(small.home.published)) as connection:
        connection.execute(
            "update reports.export_files set last_at = ? where source = 'slack'", [LAST + timedelta(days=2)]
        )
    assert LAST in pages.write(small.home, settings)
    assert "The newest entry of slack" in Page(small.home.page(LAST).read_text(encoding="utf-8")).text
    with duckdb.connect(str(small.home.published)) as connection:
        connection.execute("update reports.export_files set last_at = ? where source = 'slack'", [LAST + 9 * WEEK])
    assert pages.write(small.home, settings)[-1] == LAST
    assert "newest entry" not in Page(small.home.page(LAST).read_text(encoding="utf-8")).text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The number of posts is of the size it had in the eight weeks before."),
        ("zh_CN", "帖子数与此前八周相仿。"),
        ("id", "Jumlah kiriman kira-kira sebesar delapan minggu sebelumnya."),
    ],
)
def test_a_warning_says_in_words_what_was_expected(published, language, words):
    published.execute("update reports.report_quality set passed = false where check_name = 'posts_plausible'")
    assert words in Page(render.week_page(published, LAST, look(language))).text
    published.execute("update reports.report_quality set check_name = 'renamed' where check_name = 'posts_plausible'")
    assert "report_activity.renamed" in Page(render.week_page(published, LAST, look(language))).text


def test_what_is_not_0_does_not_read_as_0(published):
    published.execute(
        "update reports.report_activity set engagement_rate = 0.00456, active_rate = 0.000234 where source = 'all'"
    )
    page = Page(render.week_page(published, LAST, LOOK))
    written = {n.column: n.text for n in page.numbers if f"week_start={LAST}" in n.key and "source=all" in n.key}
    assert written["engagement_rate"] == "0.0046" and written["active_rate"] == "0.023%"
    assert differing(page, published, "en") == []


def test_a_week_whose_lists_are_gone_still_has_its_page(published):
    page = Page(render.week_page(published, FIRST, LOOK))
    assert "Lists of members are kept for the last weeks only" in page.text


def test_an_empty_community_has_a_page(published):
    for (table,) in published.execute(
        "select table_name from duckdb_tables() where schema_name = 'reports'"
    ).fetchall():
        if table not in ("report_editions", "sources"):
            published.execute(f"delete from reports.{table}")
    page = Page(render.week_page(published, LAST, LOOK))
    assert "there is nobody to count" in page.text
    assert "No week has been published yet" in Page(render.index_page(published, LOOK, [])).text


# -- on disk ----------------------------------------------------------------------------------------------------------


def stamps(home: Home) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in home.pages.glob("*/index.html")}


@pytest.fixture
def small(sample, tmp_path) -> Place:
    """The sample's published file with six weeks in it, its pages written."""
    place = Place(sample.config, Home(tmp_path / "home"))
    place.home.published.parent.mkdir(parents=True)
    shutil.copy(sample.home.published, place.home.published)
    shutil.copy(sample.home.warehouse, place.home.warehouse)
    with duckdb.connect(str(place.home.published)) as connection:
        for table in ("report_editions", "member_week_status"):
            connection.execute(f"delete from reports.{table} where week_start < ?", [LAST - 5 * WEEK])
    pages.write(place.home, config.load(place.config))
    return place


def test_publishing_writes_a_page_for_every_week(sample):
    assert set(stamps(sample.home)) == {str(FIRST + i * WEEK) for i in range(WEEKS)}
    page = Page(sample.home.page(LAST).read_text(encoding="utf-8"))
    links = [given["href"] for tag, given in page.tags if tag == "a"]
    assert f"../{LAST - WEEK}/index.html" in links and "../index.html" in links
    assert f"../{LAST + WEEK}/index.html" not in links
    index = Page((sample.home.pages / "index.html").read_text(encoding="utf-8"))
    assert f"{LAST}/index.html" in [given.get("href") for _, given in index.tags]
    assert not list(sample.home.pages.rglob("*.part"))


def test_only_what_changed_is_written_again(small):
    settings, before = config.load(small.config), stamps(small.home)
    assert len(before) == 6
    assert pages.write(small.home, settings) == [] and stamps(small.home) == before
    with duckdb.connect(str(small.home.published)) as connection:
        connection.execute(
            "insert into reports.report_editions by name select * replace (2 as edition) from reports.report_editions"
            " where week_start = ?",
            [LAST - WEEK],
        )
    # The week itself, and the one that looks back on it.
    assert pages.write(small.home, settings) == [LAST - WEEK, LAST]
    assert "edition" in Page(small.home.page(LAST - WEEK).read_text(encoding="utf-8")).text
    with duckdb.connect(str(small.home.published)) as connection:
        connection.execute("delete from reports.report_editions where week_start = ?", [LAST])
    # No next week any more; and no page of a week that is not published.
    assert pages.write(small.home, settings) == [LAST - WEEK]
    assert str(LAST) not in stamps(small.home)


def test_lists_of_a_run_that_was_killed_after_publishing_follow(small):
    """What is published is newer than the lists then, and nothing is due any more; the page tells."""
    settings = config.load(small.config)
    lists = {name: small.home.page(LAST).with_name(name) for name in ("winback.csv", "removal.csv")}
    contents = {name: path.read_bytes() for name, path in lists.items()}
    with duckdb.connect(str(small.home.published)) as connection:
        connection.execute(
            "insert into reports.report_editions by name select * replace (2 as edition) from reports.report_editions"
            " where week_start = ?",
            [LAST],
        )
    lists["winback.csv"].write_text("of the edition before", encoding="utf-8")
    lists["removal.csv"].unlink()
    assert pages.write(small.home, settings) == [LAST]
    assert {name: path.read_bytes() for name, path in lists.items()} == contents
    lists["removal.csv"].unlink()
    assert pages.write(small.home, settings) == []
    assert lists["removal.csv"].exists()


def test_a_page_that_was_lost_or_torn_is_mended(small):
    settings = config.load(small.config)
    small.home.page(LAST - WEEK * 2).unlink()
    small.home.page(LAST - WEEK).write_text("<!doctype html>", encoding="utf-8")
    whole = small.home.page(LAST).read_bytes()
    small.home.page(LAST).write_bytes(whole[: len(whole) // 2])
    assert pages.write(small.home, settings) == [LAST - WEEK * 2, LAST - WEEK, LAST]
    assert small.home.page(LAST).read_bytes() == whole
    (small.home.pages / "index.html").unlink()
    assert pages.write(small.home, settings) == []
    assert (small.home.pages / "index.html").exists()


def test_another_language_writes_all_pages_anew(small):
    settings = config.load(small.config)
    chinese = settings.model_copy(update={"community": settings.community.model_copy(update={"language": "zh_CN"})})
    assert len(pages.write(small.home, chinese)) == 6
    assert "名次" in small.home.page(LAST).with_name("winback.csv").read_text(encoding="utf-8-sig")
    html = small.home.page(LAST).read_text(encoding="utf-8")
    assert (
        '<html lang="zh-Hans">' in html
        and "本周概要" in html
        and "took part" not in Page(html).text.replace("Made by", "").split("report_")[0]
    )


def test_a_page_is_the_same_each_time_it_is_made(small):
    with duckdb.connect(str(small.home.published), read_only=True) as connection:
        first, second = (render.week_page(connection, LAST, LOOK, "k") for _ in range(2))
    assert first == second


def test_the_index_tells_which_weeks_were_withheld_and_why(sample, tmp_path):
    place = sample.copy(tmp_path / "copy")
    with duckdb.connect(str(place.home.warehouse)) as connection:
        connection.execute(
            "update control.check_results set passed = false, severity = 'critical', observed = '<b>none</b>'"
            " where week_start = ? and check_name = 'source_delivers'",
            [LAST],
        )
    before = place.home.page(LAST).read_text(encoding="utf-8")
    pages.write(place.home, config.load(place.config))
    index = Page((place.home.pages / "index.html").read_text(encoding="utf-8"))
    assert "No source that delivered regularly has stopped." in index.text
    assert "report_activity.source_delivers: observed <b>none</b>" in index.text
    assert f"Then run stillhere run --from {LAST} --to {LAST}." in index.text
    assert place.home.page(LAST).read_text(encoding="utf-8") == before


def test_killed_while_writing_the_next_run_completes(small):
    """SIGKILL at any instant: what is there is whole, and the rest follows."""
    settings = config.load(small.config)
    expected = {path.parent.name: path.read_bytes() for path in small.home.pages.glob("*/index.html")}
    shutil.rmtree(small.home.pages)
    code = (
        "from pathlib import Path; from orchestration import config; from orchestration.home import Home;"
        "from orchestration.page import pages;"
        f"pages.write(Home(Path({str(small.home.path)!r})), config.load(Path({str(small.config)!r})))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, env=os.environ)
    for _ in range(600):
        if len(stamps(small.home)) >= 2 or process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    process.wait()
    for path in small.home.pages.glob("*/index.html"):
        assert path.read_bytes() == expected[path.parent.name]
    pages.write(small.home, settings)
    assert {path.parent.name: path.read_bytes() for path in small.home.pages.glob("*/index.html")} == expected


def test_processes_that_share_pages_write_the_same(sample, tmp_path):
    place = sample.copy(tmp_path / "copy")
    expected = {path.parent.name: path.read_bytes() for path in place.home.pages.glob("*/index.html")}
    assert len(expected) >= 2 * writing.PAGES_A_PROCESS
    shutil.rmtree(place.home.pages)
    assert len(pages.write(place.home, config.load(place.config))) == len(expected)
    assert {path.parent.name: path.read_bytes() for path in place.home.pages.glob("*/index.html")} == expected


def test_a_share_that_fails_fails_the_writing(sample, tmp_path):
    """The second page is another process's, where there are two processors; else it is this one's that says why."""
    place = sample.copy(tmp_path / "copy")
    shutil.rmtree(place.home.pages)
    (place.home.page(FIRST + WEEK).with_name(".index.html.part")).mkdir(parents=True)
    with pytest.raises((RuntimeError, IsADirectoryError), match="Is a directory"):
        pages.write(place.home, config.load(place.config))


def test_squares_bear_the_colour_of_their_value():
    cells = [("0", "Mon", 0.0), ("1", "Mon", 5.0), ("0", "Tue", 10.0), ("1", "Tue", 2.0)]
    colours = [
        re.findall(r"var\(--heat(\d)\)", charts.heat(given, 10, languages.get("en"), ["0"], (340, 40), 44))
        for given in (cells, [(column, row, 10 - value) for column, row, value in cells], cells)
    ]
    assert colours == [["0", "4", "6", "2"], ["6", "4", "0", "5"], ["0", "4", "6", "2"]]


def test_a_frame_that_is_used_again_bears_the_labels_of_its_own_rows():
    """A frame is drawn once for rows whose labels reach as far: else each would be drawn as if it were the first."""
    english = languages.get("en")
    weeks = [["Feb 2", "Feb 9", "Feb 16"], ["Feb 9", "Feb 16", "Feb 23"], ["i", "l", "."], ["<b>", "&", "a long label"]]
    again = [_frame_of(rows, english) for rows in weeks]
    for remembered in (charts._frames, charts._label, charts._svg):
        remembered.cache_clear()
    alone = []
    for rows in reversed(weeks):
        charts._frames.cache_clear()
        alone.append(_frame_of(rows, english))
    assert again == alone[::-1]
    assert len(set(again)) == len(weeks)
    assert ">Feb 23</text>" in again[1] and "Feb 2<" not in again[1]
    assert "&lt;b&gt;</text>" in again[3] and "a long label" not in again[3]


def _frame_of(rows, language):
    cells = [(column, row, 1.0) for row in rows for column in ("0", "1")]
    return charts.heat(cells, 1, language, ["0"], (340, 60), 58)


def test_a_rows_key_reads_back_whatever_stands_in_it():
    key = {"source": "a&b=c", "week_start": FIRST, "question": 'Wie geht\'s, "Jörg"? 100% +', "currency": None}
    text = figures.key_text(key)
    assert text.endswith("&currency")
    assert dict(parse_qsl(text.removesuffix("&currency"), strict_parsing=True)) == {
        "source": "a&b=c", "week_start": str(FIRST), "question": key["question"],
    }  # fmt: skip


def test_sunday_weeks_begin_with_sunday(published):
    sunday = render.Look("x", "en", "UTC", "sunday", 4, 12)
    html = render.week_page(published, LAST, sunday)
    rows = re.findall(r'<tr><th scope="row">(\w{3})</th><td data-column="interactions"', html)
    assert rows == ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    assert timedelta(days=7) == WEEK
