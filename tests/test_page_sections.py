"""Sections of the weekly page that are about newcomers, answers to surveys, and harm."""

from __future__ import annotations

import re

import pytest

from orchestration import languages
from orchestration.page import render
from tests.communities import LAST, WEEK
from tests.page_reading import Page, differing

FIRST_POSTS = ("first_post_answered", "came_back_answered", "first_post_unanswered", "came_back_unanswered")


def look(language: str = "en") -> render.Look:
    return render.Look("Harbour Makers", language, "Europe/Berlin", "monday", 4, 12)


def page_of(published, week=LAST, language: str = "en") -> Page:
    page = Page(render.week_page(published, week, look(language)))
    assert differing(page, published, language) == []
    return page


def shown(page: Page, table: str) -> dict[str, dict[str, str]]:
    """What the page shows of a table: column -> key -> value."""
    found: dict[str, dict[str, str]] = {}
    for number in page.numbers:
        if number.table == table:
            found.setdefault(number.column, {})[number.key] = number.value
    return found


# -- first steps ------------------------------------------------------------------------------------------------------


def test_the_joiners_of_four_weeks_ago_and_of_last_week_are_told_of(published):
    found = shown(page_of(published), "report_onboarding_as_of")
    whole = f"source=all&week_start={LAST}&joined_week={LAST - 4 * WEEK}"
    assert {"joined", "active_28d", "came_back", "reply_received_28d"} <= {c for c in found if whole in found[c]}
    last = f"source=all&week_start={LAST}&joined_week={LAST - WEEK}"
    assert last in found["joined"] and last in found["active_7d"]
    of_this_week = f"source=all&week_start={LAST}&joined_week={LAST}"
    assert of_this_week not in found["joined"], "nobody's seven days have passed"


def test_first_posts_are_counted_once_over_the_weeks_shown(published):
    """Each week of joining stands in five reports; the sums take its final row."""
    first = LAST - 25 * WEEK
    found = shown(page_of(published), "report_onboarding_as_of")
    expected = published.execute(
        f"""
        select {", ".join(f"sum({column})" for column in FIRST_POSTS)} from reports.report_onboarding
        where source = 'all' and week_start between ? and ?
        """,
        [first - 4 * WEEK, LAST - 4 * WEEK],
    ).fetchone()
    told = [found[f"sum({column})"][f"source=all&week_start={first}..{LAST}"] for column in FIRST_POSTS]
    assert told == [str(value) for value in expected]
    assert all(value > 0 for value in expected[::2])


def test_where_all_first_posts_were_answered_nothing_is_compared(published):
    assert "had their first post answered within 24 hours" in page_of(published).text
    published.execute("update reports.report_onboarding_as_of set first_post_unanswered = 0, came_back_unanswered = 0")
    assert "had their first post answered within 24 hours" not in page_of(published).text


def test_joinings_that_are_guesses_alone_tell_nothing_of_newcomers(published):
    published.execute("update reports.report_onboarding_as_of set joined = 0")
    page = page_of(published)
    assert "The exports do not say when somebody joined" in page.text
    assert "report_onboarding_as_of" not in {number.table for number in page.numbers}
    published.execute("update reports.report_onboarding_as_of set joined_inferred = 0")
    assert "First steps" not in page_of(published).text


# -- what members say -------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(published):
    """The sample with answers to a survey in its last week."""
    published.execute(
        """
        create or replace table reports.report_surveys as
        select scope as source, $week::date as week_start, 'pulse' as survey_id, question, kind, 58::bigint as invited,
            responses::bigint as responses, responses / 58 as response_rate, mean::double as mean, nps::double as nps,
            choices as top_choices, 20::bigint as responses_active_before, mean::double as mean_active_before,
            nps::double as nps_active_before, 5::bigint as responses_silent_before,
            mean::double - 1 as mean_silent_before, nps::double as nps_silent_before
        from (values
            ('Recommend <b>us</b>?', 'nps', 34, 7.5, -20.5, null), ('How content?', 'rating', 33, 3.8, null, null),
            ('Why?', 'choice', 32, null, null, 'tools: 17; <i>tea</i>: 9'), ('What else?', 'text', 15, null, null, null)
        ) as answers (question, kind, responses, mean, nps, choices)
        cross join (values ('all'), ('pulse')) as scopes (scope)
        """,
        {"week": LAST},
    )
    return published


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_each_question_is_told_by_what_its_answers_are(asked, language):
    page = page_of(asked, language=language)
    found = shown(page, "report_surveys")
    assert all(key.startswith("source=all&") for keys in found.values() for key in keys)
    assert list(found["responses"].values()) == ["34", "33", "32", "15"], "the most answered first"
    assert list(found["nps"].values()) == ["-20.5"] and "tools: 17; <i>tea</i>: 9" in found["top_choices"].values()
    assert "Recommend <b>us</b>?" in page.text, "a question is text"


def test_a_week_without_answers_has_no_such_section(asked):
    assert "What members say" in page_of(asked).text
    assert "What members say" not in page_of(asked, LAST - WEEK).text


def test_groups_of_few_are_not_told_apart(asked):
    sentence = "Members who had been silent before gave"
    assert page_of(asked).text.count(sentence) == 2, "nps and rating; words and choices have no mean"
    asked.execute("update reports.report_surveys set responses_silent_before = 4 where kind = 'nps'")
    assert page_of(asked).text.count(sentence) == 1
    asked.execute("update reports.report_surveys set responses_active_before = 4")
    page = page_of(asked)
    assert sentence not in page.text and not {"mean_silent_before", "mean_active_before"} & set(
        shown(page, "report_surveys")
    )


# -- harm -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def harmed(published):
    """The sample with reports in its last week and blocks in the one before."""
    published.execute("delete from reports.report_safety")
    for week, kind, events in ((LAST, "report", 3), (LAST, "block", 0), (LAST - WEEK, "block", 2), (LAST, "leave", 9)):
        published.execute(
            "insert into reports.report_safety by name select 'all' as source, ?::date as week_start, ? as event_type,"
            " ? as events, ? as members, 1.5 as per_1000_active, 0 as inferred, 60 as active_members",
            [week, kind, events, min(events, 2)],
        )
    return published


def test_harm_is_shown_by_kind_and_week(harmed):
    found = shown(page_of(harmed), "report_safety")
    assert found["events"] == {
        f"source=all&week_start={LAST}&event_type=report": "3",
        f"source=all&week_start={LAST}&event_type=block": "0",
        f"source=all&week_start={LAST - WEEK}&event_type=block": "2",
    }, "who left is told among the members"
    assert found["members"][f"source=all&week_start={LAST}&event_type=report"] == "2"


def test_a_week_without_harm_says_so(harmed):
    harmed.execute("update reports.report_safety set events = 0, members = 0 where event_type = 'report'")
    page = page_of(harmed)
    assert "Nobody was reported, blocked, muted or removed this week" in page.text
    assert "What happened this week" not in page.text


def test_a_source_that_shows_no_harm_has_no_such_section(harmed):
    harmed.execute("delete from reports.report_safety where event_type <> 'leave'")
    assert not re.search("Harm and moderation|Nobody was reported", page_of(harmed).text)
