"""The independent reading of sections 5 and 10 to 16, held against communities counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from tests.independent.calendar_weeks import WEEK, Calendar
from tests.independent.canonical import Observes, Statistic, SurveyAnswer
from tests.independent.concentration import concentration
from tests.independent.headlines import Goal, goal_row, headline
from tests.independent.people import percentile
from tests.independent.random_community import communities
from tests.independent.reading import read_reports
from tests.independent.village import Village, at, noon, pick, w

HOUR = timedelta(hours=1)
BLIND = Observes(views=False, reactions=False, threads=False)


def village_of(*names: str, **settings) -> Village:
    """Everybody joined at noon of the first Monday."""
    village = Village(**settings)
    for name in names:
        village.member(name, noon(0))
    return village


# --- 5: pyramid, mix, concentration ---------------------------------------------------------------------------------


def test_concentration_as_chaoss_counts_it():
    row = concentration([1000, 202, 90, 33, 332, 343, 42, 433])
    assert row["absence_factor"] == 2
    # One of eight is the top 1 % (ceil of 0.08), and the top 10 % (ceil of 0.8).
    assert row["top_1_pct_share"] == row["top_10_pct_share"] == 1000 / 2475
    assert concentration([1, 1, 1, 1]) == {
        "top_1_pct_share": 0.25, "top_10_pct_share": 0.25, "gini": 0.0, "absence_factor": 2,
    }  # fmt: skip
    # 1, 3: mean difference 2 x 2 / 4 = 1, over twice the mean of 2.
    assert concentration([3, 1])["gini"] == 0.25
    assert set(concentration([]).values()) == {None}
    # Of thirty members three are ten per cent, and not four.
    assert concentration([1] * 30)["top_10_pct_share"] == 0.1


def test_tiers_and_mix():
    for sees, tiers in ((True, [1, 1, 1, 1]), (False, [1, 1, 2])):
        village = village_of("ann", "bea", "cem", "dan", sources={"forum": Observes(views=sees)})
        post = village.act("ann", noon(0))
        village.act("ann", noon(0), "view", parent_id=post)
        village.act("bea", noon(0), "reaction", parent_id=post)
        village.act("bea", noon(0), "vote")
        village.act("cem", noon(0), "view", parent_id=post)
        rows = [row for row in village.reports(w(0))["report_pyramid"] if row["source"] == "forum"]
        assert [row["members"] for row in rows] == tiers
        assert [row["share"] for row in rows] == [n / 4 for n in tiers]
        mix = {
            (r["participation"], r["expression"], r["audience"]): (r["interactions"], r["members"])
            for r in village.reports(w(0))["report_interaction_mix"]
            if r["source"] == "forum"
        }
        assert mix == {
            ("active", "verbal", "group"): (1, 1),
            ("active", "verbal", "individual"): (0, 0),
            ("active", "non-verbal", "individual"): (1, 1),
            ("active", "non-verbal", "group"): (1, 1),
            ("passive", "non-verbal", "group"): (2, 2),
        }


# --- 7: rhythm ------------------------------------------------------------------------------------------------------


def test_out_of_rhythm():
    village = village_of("ann", "bea", flags=("silence", "rhythm"))
    for number in (0, 1, 2, 3):
        village.act("ann", noon(number))
    for number in (0, 1, 2):
        village.act("bea", noon(number))
    # ann is there every week: gaps 1, 1, 1. Silent for 2 weeks is twice the gap, for 3 it is more.
    for number, status, flagged_by, since in (
        (5, "quiet", None, None),
        (6, "at_risk", "rhythm", w(6)),
        (7, "at_risk", "silence+rhythm", w(6)),
        (15, "churned", "silence+rhythm", w(6)),
    ):
        row = village.one("member_week_status", w(number), member_id="forum:ann")
        assert pick(row, "status flagged_by flagged_since") == [status, flagged_by, since]
        assert pick(row, "typical_gap_weeks p90_gap_weeks") == [1.0, 1.0]
    # bea has three active weeks and two gaps: no rhythm is known of her.
    row = village.one("member_week_status", w(5), member_id="forum:bea")
    assert pick(row, "status typical_gap_weeks p90_gap_weeks") == ["quiet", 1.0, None]
    assert percentile([1, 2, 6], 90) == pytest.approx(5.2)


# --- 10: conversation -----------------------------------------------------------------------------------------------


def test_responses_are_by_others_within_a_day():
    village = Village(official=frozenset({"forum:team"}), bots=frozenset({"forum:bot"}))
    for name in ("ann", "bea", "team", "bot"):
        village.member(name, noon(0))
    first = village.act("ann", noon(1))
    village.act("ann", noon(1) + HOUR, "reply", parent_id=first)
    village.act("bot", noon(1) + HOUR, "reply", parent_id=first)
    village.act("bea", noon(1) + 2 * HOUR, "reply", parent_id=first)
    village.act("team", noon(1) + 4 * HOUR, "reply", parent_id=first)
    second = village.act("bea", noon(1))
    village.act("ann", noon(1) + 24 * HOUR, "reply", parent_id=second)
    village.act("team", noon(1))
    row = village.one("report_conversation", w(1))
    assert pick(row, "official_posts official_replies broadcast_share") == [1, 1, 0.5]
    assert pick(row, "threads answered_24h answered_24h_rate answered_by_official_24h unanswered") == [2, 1, 0.5, 1, 1]
    assert pick(row, "median_first_response_minutes p90_first_response_minutes") == [120.0, 120.0]
    # bea's reply reached ann, ann's reached bea; ann's to herself and the bot's reached nobody.
    assert pick(row, "two_way_members two_way_share") == [2, 1.0]


def test_a_thread_belongs_to_the_week_that_has_watched_it_for_a_day():
    village = village_of("ann", "bea")
    village.act(None, noon(0), "view")
    end = at("2024-01-15 00:00:00")
    for opened in (end - 24 * HOUR, end - 24 * HOUR - timedelta(microseconds=1)):
        post = village.act("ann", opened)
        village.act("bea", opened + 24 * HOUR - timedelta(microseconds=1), "reply", parent_id=post)
    assert [village.one("report_conversation", w(n))["threads"] for n in (0, 1, 2)] == [0, 1, 1]
    assert [village.one("report_conversation", w(n))["answered_24h"] for n in (1, 2)] == [1, 1]


def test_without_threads_nothing_is_said_of_them():
    village = village_of("ann", sources={"forum": BLIND})
    village.act("ann", noon(0))
    row = village.one("report_conversation", w(0))
    assert set(pick(row, "threads answered_24h unanswered official_replies broadcast_share two_way_members")) == {None}
    assert village.one("report_activity", w(0))["engagement_rate"] is None


def test_two_accounts_of_one_person_do_not_answer_each_other():
    identities = {("forum", "ann"): "Ann", ("forum", "ann2"): "Ann"}
    village = village_of("ann", "ann2", identities=identities)
    post = village.act("ann", noon(0))
    village.act("ann2", noon(0) + HOUR, "reply", parent_id=post)
    for source, figures in (("forum", [1, 1]), ("all", [0, 0])):
        row = village.one("report_conversation", w(0), source=source)
        assert pick(row, "answered_24h two_way_members") == figures
    assert village.one("report_activity", w(0), source="all")["engagement_rate"] == 0.0


# --- 11: content, time, people --------------------------------------------------------------------------------------


def test_content_and_engagement():
    village = village_of("ann", "bea", "cem", bots=frozenset({"forum:cem"}))
    image = village.act("ann", noon(0), content_type="image")
    text = village.act("bea", noon(0), content_type="text")
    village.act(None, noon(0), content_type="text")  # by nobody known: content, and no member
    bots = village.act("cem", noon(0), content_type="text")
    for name in ("ann", "bea", "cem"):  # one's own and the bot's do not count
        village.act(name, noon(0), "reaction", parent_id=image)
    village.act("ann", noon(1), "reply", parent_id=text, content_type="link")
    village.act("ann", noon(0), "share", content_id=text)
    village.act("ann", noon(0), "reaction", parent_id=bots)
    village.act("ann", noon(0), "view", parent_id=text)
    village.rows.statistics.append(Statistic("forum", text, "reaction", 7, noon(0)))
    rows = {r["content_type"]: r for r in village.reports(w(0))["report_content"] if r["source"] == "forum"}
    figures = "posts reactions replies shares views engagement_per_post"
    assert {kind: pick(row, figures) for kind, row in rows.items()} == {
        "image": [1, 1, 0, 0, None, 1.0],
        "text": [2, 7, 0, 1, 1, 4.0],
    }
    # 1 + 7 reactions and a share, over two members; the reply comes a week later.
    assert [village.one("report_activity", w(n))["engagement_rate"] for n in (0, 1)] == [4.5, 0.5]


def test_the_change_of_the_engagement_rate():
    village = village_of("ann", "bea")
    post = village.act("ann", noon(0))
    for number in (0, 1, 12, 13, 14, 15):
        village.act("bea", noon(number), "reaction", parent_id=post)
    # W(0) to W(3) have 1/2, 1/2, 0, 0 and W(12) to W(15) 1/2 each: from 1/4 to 1/2.
    assert [village.one("report_activity", w(n))["engagement_rate_change_12w"] for n in (14, 15)] == [None, 1.0]


def test_the_heatmap_is_local():
    village = village_of("ann", "bea", timezone="Asia/Kathmandu")
    village.act("ann", at("2024-01-07 18:14:59"))  # Sunday 23:59:59 in Kathmandu
    village.act("ann", at("2024-01-01 04:15:00"))  # Monday 10:00
    village.act("bea", at("2024-01-01 05:14:59"))
    rows = [row for row in village.reports(w(0))["report_heatmap"] if row["source"] == "forum"]
    assert len(rows) == 168
    cells = {(r["iso_weekday"], r["hour"]): (r["interactions"], r["active_members"]) for r in rows if r["interactions"]}
    assert cells == {(7, 23): (1, 1), (1, 10): (2, 2)}


def test_segments_take_the_first_account_that_knows():
    identities = {("forum", "ann"): "Ann", ("chat", "ann"): "Ann"}
    village = Village(sources={"forum": Observes(), "chat": Observes()}, identities=identities)
    village.member("ann", noon(0), attributes={"country": None})
    village.member("ann", noon(1), source="chat", attributes={"country": "NP"})
    village.member("bea", noon(0), attributes={"country": "DE"})
    village.act("bea", noon(1))

    def of(source: str) -> dict:
        rows = [row for row in village.reports(w(1))["report_segments"] if row["source"] == source]
        return {row["value"]: pick(row, "members active_members active_rate") for row in rows}

    assert of("forum") == {"DE": [1, 1, 1.0], None: [1, 0, 0.0]}
    assert of("all") == {"DE": [1, 1, 1.0], "NP": [1, 0, 0.0]}


# --- 12: purchases --------------------------------------------------------------------------------------------------


def test_purchases_by_currency():
    village = village_of("ann", "bea", "cem")
    village.order("ann", noon(0), "10.00")
    village.order("ann", noon(1), "5.00")
    village.order("ann", noon(1), "2.50")
    village.order("bea", noon(1), "7.00")
    village.order("bea", noon(1), "9.00", currency="USD")
    village.order("cem", noon(1), "99.00", status="refunded")
    village.act("bea", noon(1))
    figures = "currency orders buyers revenue first_time_buyers repeat_buyers average_order_value repeat_rate"
    rows = [row for row in village.reports(w(1))["report_purchases"] if row["source"] == "forum"]
    assert [pick(row, figures) for row in rows] == [
        ["EUR", 3, 2, Decimal("14.50"), 1, 1, pytest.approx(14.5 / 3), 0.5],
        ["USD", 1, 1, Decimal("9.00"), 1, 0, 9.0, 0.0],
    ]
    assert [row["active_buyer_share"] for row in rows] == [0.5, 1.0]


def test_quintiles_are_as_even_as_can_be():
    village = village_of(*"abcdefg")
    for number, name in enumerate("abcdefg"):
        village.order(name, noon(number), "1.00" if name != "g" else "5.00")
    rows = [row for row in village.reports(w(7))["member_week_status"] if row["source"] == "forum"]
    # Seven in five: the first two parts have two. Frequency ties go by member_id.
    assert [row["recency_quintile"] for row in rows] == [1, 1, 2, 2, 3, 4, 5]
    assert [row["frequency_quintile"] for row in rows] == [1, 1, 2, 2, 3, 4, 5]
    assert rows[6]["money_quintile"] == 5
    village.order("g", noon(7), "1.00", currency="USD")
    assert village.one("member_week_status", w(7), member_id="forum:g")["money_quintile"] is None


# --- 14: first steps ------------------------------------------------------------------------------------------------


def test_first_steps():
    village = Village()
    village.member("ann", noon(0))
    village.member("bea", noon(0))
    village.member("guess", noon(0), joined_at_is_inferred=True)
    village.member("old", at("2023-12-01 00:00:00"))
    post = village.act("ann", noon(0, 2))
    village.act("old", noon(0, 2) + HOUR, "reply", parent_id=post)
    village.act("ann", noon(1))  # the eighth day
    lonely = village.act("bea", noon(1))
    village.act("bea", noon(1) + HOUR, "reply", parent_id=lonely)
    rows = {r["week_start"]: r for r in village.reports(w(0), w(1), w(4))["report_onboarding_as_of"]
            if r["source"] == "forum" and r["joined_week"] == w(0)}  # fmt: skip
    steps = "active_7d reply_received_7d claimed_7d purchased_7d"
    steps += " active_28d reply_received_28d came_back median_days_to_active"
    assert [pick(row, "joined joined_inferred") for row in rows.values()] == [[2, 1]] * 3
    assert pick(rows[w(0)], steps) == [None] * 8
    assert pick(rows[w(1)], steps) == [1, 1, 0, 0, None, None, None, None]
    # ann acted on the third day and bea on the eighth: 2 and 7 days after joining.
    assert pick(rows[w(4)], steps) == [1, 1, 0, 0, 2, 1, 2, 4.5]
    halves = "first_post_answered came_back_answered first_post_unanswered came_back_unanswered"
    assert pick(rows[w(4)], halves) == [1, 1, 1, 1]
    assert pick(rows[w(4)], "viewed_7d viewed_28d") == [None, None]


# --- 15: voices and harm --------------------------------------------------------------------------------------------


def test_surveys():
    village = village_of("ann", "bea")
    answers = [("ann", "2"), ("ann", "9"), ("bea", "6"), (None, "10"), (None, "8")]
    for minute, (name, value) in enumerate(answers):
        who = f"forum:{name}" if name else None
        answered_at = noon(0) + timedelta(minutes=minute)
        village.rows.answers.append(SurveyAnswer("forum", "s", "recommend?", "nps", value, answered_at, who))
    (row,) = [row for row in village.reports(w(0))["report_surveys"] if row["source"] == "forum"]
    # ann's second answer holds: 9, 6, 10, 8, of which two of four are nine or more and one is six or less.
    assert pick(row, "responses mean nps") == [4, 8.25, 25.0]


def test_safety():
    village = village_of("ann", "bea", "cem", official=frozenset({"forum:cem"}))
    village.act("ann", noon(0))
    for name, kind in (("bea", "report"), ("bea", "report"), ("ann", "mute"), ("cem", "banned"), ("bea", "leave")):
        village.event(name, noon(0) + timedelta(minutes=len(village.rows.events)), kind)
    rows = {r["event_type"]: r for r in village.reports(w(0))["report_safety"] if r["source"] == "forum"}
    assert {kind: pick(row, "events members per_1000_active") for kind, row in rows.items()} == {
        "report": [2, 1, 2000.0], "block": [0, 0, 0.0], "mute": [1, 1, 1000.0], "unfollow": [0, 0, 0.0],
        "leave": [1, 1, 1000.0], "removed": [0, 0, 0.0], "banned": [0, 0, 0.0],
    }  # fmt: skip


# --- 16: headlines and goals ----------------------------------------------------------------------------------------


def test_headlines():
    values = {w(n): float(10 + n % 3) for n in range(60)}  # 10, 11, 12, 10, ...
    row = headline(values | {w(60): 14.0}, w(60))
    # W(56) to W(59): 12, 10, 11, 12. Median 11, and the median distance from it 1.
    assert pick(row, "value previous mean_4w same_week_last_year direction") == [14.0, 12.0, 11.25, 12.0, "up"]
    assert row["z"] == pytest.approx(3 / 1.4826)
    assert headline({w(n): 1.0 for n in range(8)}, w(7))["z"] is None  # seven weeks before
    figures = [headline({w(n): 100.0 for n in range(4)} | {w(4): value}, w(4)) for value in (104.9, 105.0, 95.0, 95.1)]
    assert [row["direction"] for row in figures] == ["steady", "up", "down", "steady"]
    assert pick(headline({w(0): 5.0}, w(0)), "previous mean_4w direction z") == [None] * 4


def test_goals():
    goal = Goal("more", start=w(0), stop=w(10) + timedelta(days=3), target=0.5, is_relative=True)
    values = {w(0): 100.0, w(5): 124.0, w(6): 130.0}
    calendar = Calendar("UTC")
    row = goal_row(goal, values, w(5), calendar)
    assert pick(row, "value start_value target expected_by_now on_track") == [124.0, 100.0, 150.0, 125.0, False]
    assert goal_row(goal, values, w(6), calendar)["on_track"] is True
    assert goal_row(goal, values, w(7), calendar)["on_track"] is None
    assert goal_row(goal, values, w(11), calendar) is None
    # Getting down: below the line is on track.
    down = Goal("fewer", start=date(2024, 1, 1), stop=w(10), target=50.0)
    assert goal_row(down, {w(0): 100.0, w(5): 74.0}, w(5), calendar)["on_track"] is True


# --- what has to hold in any community ------------------------------------------------------------------------------


@given(made=communities)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_identities_hold_in_any_community(made):
    """The reports of the reading explain each other."""
    rows = made.rows
    calendar = Calendar(made.community.timezone, made.community.week_start_day)
    last = calendar.week_of(max(m.joined_at for m in rows.members))
    reports = read_reports(made.community, rows, [last - WEEK * back for back in range(0, 9, 2)])
    sums: dict[str, dict[tuple, int]] = {}
    for report, column in (
        ("report_pyramid", "members"),
        ("report_lifecycle", "members"),
        ("report_heatmap", "interactions"),
    ):
        sums[report] = {}
        for row in reports[report]:
            key = row["source"], row["week_start"]
            sums[report][key] = sums[report].get(key, 0) + row[column]
    churn = {(row["source"], row["week_start"]): row for row in reports["report_churn"]}
    talk = {(row["source"], row["week_start"]): row for row in reports["report_conversation"]}
    for row in reports["report_activity"]:
        key = row["source"], row["week_start"]
        assert row["members"] == sums["report_pyramid"][key] == sums["report_lifecycle"][key]
        assert row["interactions"] == sums["report_heatmap"][key]
        assert row["members"] == sum(churn[key][s] for s in ("active", "quiet", "at_risk", "churned", "never_active"))
        assert row["active_members"] == row["new_active"] + row["retained"] + row["resurrected"]
        assert row["active_members"] - row["active_members_previous"] == (
            row["new_active"] + row["resurrected"] - row["dormant"]
        )
        assert (row["gini"] is None) == (row["active_members"] == 0)
        assert (talk[key]["two_way_members"] or 0) <= row["active_members"]
    for row in reports["report_segments"]:
        assert row["active_members"] <= row["members"]
    for row in reports["report_purchases"]:
        assert row["buyers"] == row["first_time_buyers"] + row["repeat_buyers"] <= row["orders"]
    for row in reports["report_onboarding_as_of"]:
        assert (row["active_28d"] or 0) <= row["joined"]
        assert row["active_28d"] is None or row["active_7d"] <= row["active_28d"]
