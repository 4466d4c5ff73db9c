"""The independent reading itself, held against communities small enough to count on one's fingers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.independent.calendar_weeks import Calendar
from tests.independent.canonical import Community, Observes
from tests.independent.reading import read_reports
from tests.independent.slack import OBSERVES, read_slack
from tests.independent.village import Village, at, noon, pick, w

RCONTRIBUTORS = Path(__file__).resolve().parents[2] / "shared" / "data" / "slack_rcontributors.zip"

GROWTH = "active_members_previous active_members new_active retained resurrected dormant"
CHURN = "active quiet at_risk churned never_active left"


# --- weeks ----------------------------------------------------------------------------------------------------------


def test_a_week_takes_its_first_instant_and_not_its_end():
    village = Village()
    village.member("ann", at("2024-01-01 00:00:00"))
    village.act("ann", at("2024-01-01 00:00:00"))
    village.act("ann", at("2024-01-07 23:59:59.999999"))
    village.act("ann", at("2024-01-08 00:00:00"))
    assert village.one("report_activity", w(0))["posts"] == 2
    assert village.one("report_activity", w(1))["posts"] == 1
    assert village.one("report_activity", w(0))["new_members"] == 1
    # A member who joins at the very end of W(0) is one of W(1).
    village.member("bea", at("2024-01-08 00:00:00"))
    assert pick(village.one("report_activity", w(0)), "members new_members") == [1, 1]
    assert pick(village.one("report_activity", w(1)), "members new_members") == [2, 1]


@pytest.mark.parametrize(
    ("week", "start", "end", "hours"),
    [
        # Clocks go forward on Sunday 2024-03-31: the week has 167 hours.
        (date(2024, 3, 25), "2024-03-24 23:00", "2024-03-31 22:00", 167),
        # Clocks go back on Sunday 2024-10-27: 169 hours.
        (date(2024, 10, 21), "2024-10-20 22:00", "2024-10-27 23:00", 169),
        (date(2024, 6, 3), "2024-06-02 22:00", "2024-06-09 22:00", 168),
    ],
)
def test_weeks_in_berlin(week, start, end, hours):
    calendar = Calendar("Europe/Berlin")
    assert (calendar.start(week), calendar.end(week)) == (at(start), at(end))
    assert calendar.end(week) - calendar.start(week) == timedelta(hours=hours)
    village = Village(timezone="Europe/Berlin")
    tick = timedelta(microseconds=1)
    village.member("ann", at(start))
    for instant in (at(start), at(end) - tick, at(end)):
        village.act("ann", instant)
    row = village.one("report_activity", week)
    # Monday's first and Sunday's last instant: two local days of the seven.
    assert pick(row, "new_members posts active_1 active_2 dau_mean") == [1, 2, 0, 1, 2 / 7]
    # Joined on the local Monday, ends on the next: seven local days, whatever the clocks did.
    assert village.one("member_week_status", week)["tenure_days"] == 7


def test_sunday_weeks():
    village = Village(week_start_day="sunday")
    village.member("ann", at("2024-01-06 12:00:00"))
    village.act("ann", at("2024-01-06 23:59:59"))  # a Saturday: the week that began on 2023-12-31
    village.act("ann", at("2024-01-07 00:00:00"))  # a Sunday: a new week
    assert village.one("report_activity", date(2023, 12, 31))["posts"] == 1
    assert village.one("report_activity", date(2024, 1, 7))["posts"] == 1
    # Any day names its week, and nothing is written before the source is first seen.
    assert [r["week_start"] for r in village.reports(date(2024, 1, 13))["report_churn"]] == [date(2024, 1, 7)] * 2
    assert village.reports(date(2023, 12, 30))["report_activity"] == []


# --- activity -------------------------------------------------------------------------------------------------------


def test_days_months_and_rates():
    village = Village()
    for name in ("ann", "bea", "cem", "dan"):
        village.member(name, noon(0), joined_at_is_inferred=name in ("cem", "dan"))
    for weekday in (0, 1, 2):
        village.act("ann", noon(3, weekday))
    village.act("ann", noon(3, 0), "reaction")  # the same day again
    village.act("bea", noon(3, 6), "reply")
    village.act("cem", noon(0, 0))  # 2024-01-01, the first of the 28 days that end with W(3), 2024-01-28
    row = village.one("report_activity", w(3))
    assert pick(row, "members active_members silent_members active_rate") == [4, 2, 2, 0.5]
    assert pick(row, "interactions interactions_per_active posts replies reactions") == [5, 2.5, 3, 1, 1]
    # ann on 3 days, bea on 1: 4 member-days over 7; the month saw ann, bea and cem.
    assert pick(row, "dau_mean mau active_1 active_2 active_3") == [4 / 7, 3, 1, 0, 1]
    assert row["stickiness"] == pytest.approx(4 / 21)
    assert row["members_join_inferred"] == 2
    # One week on, cem's day has dropped out.
    assert village.one("report_activity", w(4))["mau"] == 2


def test_a_leaver_is_dormant_and_a_rejoiner_resurrected():
    village = Village()
    for name in ("ann", "bea"):
        village.member(name, noon(0))
        village.act(name, noon(0, 1))
    village.member("cem", noon(1))
    village.act("cem", noon(1))
    village.act("ann", noon(1))
    village.event("bea", noon(1), "leave")
    village.event("bea", noon(3), "join")
    village.act("bea", noon(3, 1))
    assert pick(village.one("report_activity", w(0)), GROWTH) == [0, 2, 2, 0, 0, 0]
    # 2 = 2 + 1 new (cem) + 0 - 1 dormant (bea, who left).
    week_1 = village.one("report_activity", w(1))
    assert pick(week_1, GROWTH) == [2, 2, 1, 1, 0, 1]
    assert pick(week_1, "members new_members left_members quick_ratio") == [2, 1, 1, 1.0]
    assert pick(village.one("report_activity", w(2)), GROWTH) == [2, 0, 0, 0, 0, 2]
    week_3 = village.one("report_activity", w(3))
    assert pick(week_3, GROWTH) == [0, 1, 0, 0, 1, 0]
    # Rejoining makes no new member, and does not undo the leaving of W(1); nobody dormant, no ratio.
    assert pick(week_3, "members new_members left_members quick_ratio") == [3, 0, 0, None]
    # Joined on 2024-01-01, W(3) ends on the 29th: 28 days, still a newbie.
    assert village.moves(w(0)) == {(None, "newbie"): 2}
    assert village.moves(w(1)) == {(None, "newbie"): 1, ("newbie", "left"): 1}
    assert village.moves(w(2)) == {}
    assert village.moves(w(3)) == {(None, "newbie"): 1}
    # bea at the end of W(1): acted in W(0), left.
    row = village.one("member_week_status", w(1), member_id="forum:bea")
    assert pick(row, "status silence_weeks lifecycle_stage flagged_by") == ["left", 1, None, None]
    assert pick(village.one("report_churn", w(1)), CHURN) == [2, 0, 0, 0, 0, 1]


def test_acting_and_leaving_in_one_week_is_no_activity_of_a_community_member():
    village = Village()
    village.member("ann", noon(0), left_at=noon(1, 5))
    village.act("ann", noon(0))
    village.act("ann", noon(1))
    row = village.one("report_activity", w(1))
    assert pick(row, GROWTH) == [1, 0, 0, 0, 0, 1]
    assert pick(row, "members left_members interactions active_rate interactions_per_active") == [0, 1, 0, None, None]


def test_leaving_at_the_end_of_a_week_belongs_to_the_next():
    village = Village()
    village.member("ann", noon(0), left_at=at("2024-01-08 00:00:00"))
    village.act(None, noon(0))
    assert pick(village.one("report_activity", w(0)), "members left_members") == [1, 0]
    assert pick(village.one("report_activity", w(1)), "members left_members") == [0, 1]


def test_bots_and_officials_are_nobody():
    village = Village(official=frozenset({"forum:boss"}), bots=frozenset({"forum:feed"}))
    village.member("robot", noon(0), is_bot=True)
    village.member("owner", noon(0), is_official=True)
    village.member("system", noon(0), is_system=True)
    village.member("boss", noon(0))
    village.member("feed", noon(0))
    for name in ("robot", "owner", "system", "boss", "feed"):
        village.act(name, noon(1))
    # The source has its rows all the same: it was seen, and nobody of those who count was in it.
    row = village.one("report_activity", w(1))
    assert pick(row, "members active_members silent_members interactions posts mau") == [0, 0, 0, 0, 0, 0]
    assert pick(row, "active_rate stickiness quick_ratio interactions_per_active") == [None] * 4
    assert village.reports(w(1))["member_week_status"] == []
    assert [r["share"] for r in village.reports(w(1))["report_lifecycle"]] == [None] * 8


def test_weeks_without_a_row_are_still_weeks():
    village = Village()
    village.member("ann", noon(0))
    village.act("ann", noon(0))
    village.act("ann", noon(3))
    assert pick(village.one("report_activity", w(1)), GROWTH) == [1, 0, 0, 0, 0, 1]
    assert pick(village.one("report_activity", w(2)), GROWTH + " members") == [0, 0, 0, 0, 0, 0, 1]
    assert pick(village.one("report_activity", w(3)), GROWTH) == [0, 1, 0, 0, 1, 0]


def test_new_is_by_the_whole_history_not_by_the_weeks_asked_for():
    village = Village()
    village.member("ann", noon(0))
    village.member("bea", noon(0))
    village.act("ann", noon(0))
    village.act("ann", noon(4))
    village.act("bea", noon(4))
    assert pick(village.one("report_activity", w(4)), GROWTH) == [0, 2, 1, 0, 1, 0]
    rows = [r for r in village.reports(w(4))["report_retention"] if r["source"] == "forum"]
    assert [pick(r, "cohort_week weeks_since cohort_size active_members retention") for r in rows] == [
        [w(0), 4, 1, 1, 1.0],
        [w(4), 0, 1, 1, 1.0],
    ]
    assert village.one("report_retention", w(5), cohort_week=w(4))["retention"] == 0.0
    # As of W(3) bea's first act has not happened: no cohort of hers, never active.
    assert [r["cohort_week"] for r in village.reports(w(3))["report_retention"]] == [w(0), w(0)]
    assert village.one("member_week_status", w(3), member_id="forum:bea")["status"] == "never_active"


def test_views_are_seen_or_not_spoken_of():
    for sees in (True, False):
        village = Village(sources={"forum": Observes(views=sees)})
        for name in ("ann", "bea", "cem"):
            village.member(name, noon(0))
        village.act("ann", noon(0))
        village.act("ann", noon(0), "view")
        village.act("bea", noon(0, 2), "view")
        row = village.one("report_activity", w(0))
        lurking = [True, 1, 1] if sees else [False, None, None]
        assert pick(row, "observes_views lurking_members absent_members") == lurking
        assert pick(row, "members active_members silent_members interactions views") == [3, 1, 2, 1, 2]
    # "A view is no sign of life, but it is kept."
    bea = village.one("member_week_status", w(0), member_id="forum:bea")
    assert pick(bea, "status last_active_at last_seen_at active_weeks") == ["never_active", None, noon(0, 2), 0]


# --- silence, stages, churn -----------------------------------------------------------------------------------------


def silent_village() -> Village:
    """ann acts in W(0) and comes back in W(13), bea acts every week, cem never does."""
    village = Village()
    for name in ("ann", "bea", "cem"):
        village.member(name, noon(0))
    village.act("ann", noon(0))
    village.act("ann", noon(13))
    for number in range(15):
        village.act("bea", noon(number, 2))
    return village


@pytest.mark.parametrize(
    ("number", "counts", "newly_at_risk", "newly_churned", "won_back"),
    [
        (0, [2, 0, 0, 0, 1, 0], 0, 0, 0),
        (1, [1, 1, 0, 0, 1, 0], 0, 0, 0),
        (3, [1, 1, 0, 0, 1, 0], 0, 0, 0),
        (4, [1, 0, 1, 0, 1, 0], 1, 0, 0),
        (5, [1, 0, 1, 0, 1, 0], 0, 0, 0),
        (11, [1, 0, 1, 0, 1, 0], 0, 0, 0),
        (12, [1, 0, 0, 1, 1, 0], 0, 1, 0),
        (13, [2, 0, 0, 0, 1, 0], 0, 0, 1),
    ],
)
def test_statuses_week_by_week(number, counts, newly_at_risk, newly_churned, won_back):
    row = silent_village().one("report_churn", w(number))
    assert pick(row, CHURN) == counts
    assert pick(row, "newly_at_risk newly_churned won_back") == [newly_at_risk, newly_churned, won_back]


def test_churn_rate_is_over_those_not_yet_churned():
    village = silent_village()
    # W(0): nobody was there a week before.
    assert pick(village.one("report_churn", w(0)), "members_at_start churn_rate") == [0, None]
    # At the end of W(11) all three are 84 days in (growth) and none has status churned; ann churns in W(12).
    row = village.one("report_churn", w(12))
    assert pick(row, "members_at_start churn_rate") == [3, 1 / 3]
    assert pick(row, "newly_churned_growth churn_rate_growth") == [1, 1 / 3]
    assert pick(row, "newly_churned_newbie churn_rate_newbie churn_rate_mature") == [0, None, None]
    # W(13): ann (churned) is out of it; cem, never active, is in it, but in no stage that can churn.
    row = village.one("report_churn", w(13))
    assert pick(row, "members_at_start churn_rate churn_rate_growth churn_rate_mature") == [2, 0.0, None, 0.0]


def test_flags_say_why_and_since_when():
    village = silent_village()
    for number, since in ((3, None), (4, 4), (11, 4), (12, 4), (13, None)):
        row = village.one("member_week_status", w(number), member_id="forum:ann")
        assert pick(row, "flagged_by flagged_since") == (["silence", w(4)] if since else [None, None])
    # ann in W(12): W(0) has just dropped out of the last twelve weeks, W(1) to W(12).
    row = village.one("member_week_status", w(12), member_id="forum:ann")
    assert pick(row, "silence_weeks active_weeks active_weeks_12 first_active_week") == [12, 1, 0, w(0)]
    assert pick(row, "last_active_at tenure_days") == [noon(0), 91]
    row = village.one("member_week_status", w(12), member_id="forum:bea")
    assert pick(row, "silence_weeks active_weeks active_weeks_12 status") == [0, 13, 12, "active"]


def test_stages_and_the_moves_between_them():
    village = silent_village()
    stages = {n: {r["stage"]: r["members"] for r in village.reports(w(n))["report_lifecycle"]} for n in (3, 4, 11, 12)}
    # Days at the end of W(n): 7 x (n + 1). 28 newbie, 35 and 84 growth, 91 mature unless silent for 12 weeks.
    assert stages[3] == {"newbie": 3, "growth": 0, "mature": 0, "churned": 0}
    assert stages[4] == stages[11] == {"newbie": 0, "growth": 3, "mature": 0, "churned": 0}
    assert stages[12] == {"newbie": 0, "growth": 0, "mature": 1, "churned": 2}
    assert village.moves(w(4)) == {("newbie", "growth"): 3}
    assert village.moves(w(5)) == {}
    assert village.moves(w(12)) == {("growth", "churned"): 2, ("growth", "mature"): 1}
    assert village.moves(w(13)) == {("churned", "mature"): 1}
    # cem has the status of never having acted, and the stage of long silence.
    row = village.one("member_week_status", w(12), member_id="forum:cem")
    assert pick(row, "status lifecycle_stage silence_weeks") == ["never_active", "churned", 12]
    row = village.one("report_lifecycle", w(12), stage="churned")
    assert pick(row, "active_members share") == [0, 2 / 3]


def test_purchases_break_silence_but_are_no_activity():
    village = Village()
    for name in ("ann", "bea"):
        village.member(name, noon(0))
        village.act(name, noon(0))
    village.order("ann", noon(4), "10.10")
    village.order("ann", noon(4), "5.05")
    village.order("bea", noon(4), "99.00", status="cancelled")
    # ann bought in W(4): silence 0; bea's order was cancelled: silence 4.
    assert pick(village.one("report_churn", w(4)), CHURN) == [1, 0, 1, 0, 0, 0]
    assert village.one("report_activity", w(4))["active_members"] == 0
    row = village.one("report_lifecycle", w(4), stage="growth")
    assert pick(row, "members active_members buyers revenue") == [2, 0, 1, Decimal("15.15")]
    row = village.one("report_lifecycle", w(5), stage="growth")
    assert pick(row, "buyers revenue") == [0, 0]
    row = village.one("member_week_status", w(5), member_id="forum:ann")
    assert pick(row, "silence_weeks orders_total revenue_total active_weeks") == [1, 2, Decimal("15.15"), 1]
    assert pick(row, "first_active_week last_active_at last_seen_at") == [w(0), noon(0), noon(0)]
    # From the week in which a second currency shows up no sum can be given any more.
    village.order("bea", noon(6), "1.00", currency="USD")
    assert village.one("report_lifecycle", w(5), stage="growth")["revenue"] == 0
    assert [r["revenue"] for r in village.reports(w(6))["report_lifecycle"]] == [None] * 8


def test_only_the_last_weeks_keep_rows_by_member():
    village = Village(thresholds={"member_weeks_kept": 2})
    village.member("ann", noon(0))
    rows = village.reports(w(0), w(1), w(2))["member_week_status"]
    assert sorted({row["week_start"] for row in rows}) == [w(1), w(2)]


# --- persons --------------------------------------------------------------------------------------------------------


def two_sources(**settings) -> Village:
    sources = {"forum": Observes(views=True), "chat": Observes(views=False)}
    village = Village(sources=sources, **settings)
    village.member("ann", noon(0), left_at=noon(2))
    village.member("ann77", noon(1), source="chat", left_at=noon(3))
    village.member("bob", noon(1), source="chat")
    village.act("ann", noon(0))
    village.act("ann77", noon(1), source="chat")
    return village


def test_without_identities_every_account_is_its_own_person():
    village = two_sources()
    assert village.one("report_activity", w(1), source="all")["members"] == 3
    assert pick(village.one("report_activity", w(1), source="all"), GROWTH) == [1, 1, 1, 0, 0, 1]
    ids = {r["member_id"] for r in village.reports(w(1))["member_week_status"] if r["source"] == "all"}
    assert ids == {"forum:ann", "chat:ann77", "chat:bob"}


def test_a_person_counts_once():
    identities = {("forum", "ann"): "Ann", ("chat", "ann77"): "Ann"}
    village = two_sources(identities=identities)
    assert pick(village.one("report_activity", w(1), source="all"), GROWTH) == [1, 1, 0, 1, 0, 0]
    # Ann joined in W(0); of the whole community only bob is new in W(1). In the chat both are.
    assert pick(village.one("report_activity", w(1), source="all"), "members new_members") == [2, 1]
    assert pick(village.one("report_activity", w(1), source="chat"), "members new_members") == [2, 2]
    # She leaves the forum in W(2), and the community only with her last account in W(3).
    left = [village.one("report_activity", w(n), source=s)["left_members"] for n in (2, 3) for s in ("forum", "all")]
    assert left == [1, 0, 0, 1]
    # In W(0) the whole is the forum, which sees views; from W(1) on the chat is there, which does not.
    assert [village.one("report_activity", w(n), source="all")["observes_views"] for n in (0, 1)] == [True, False]
    # The chat has no row before it is first seen.
    assert {r["source"] for r in village.reports(w(0))["report_activity"]} == {"forum", "all"}
    # One official account makes the person official everywhere but in the other source's own rows.
    village = two_sources(identities=identities, official=frozenset({"chat:ann77"}))
    members = {s: village.one("report_activity", w(1), source=s)["members"] for s in ("forum", "chat", "all")}
    assert members == {"forum": 1, "chat": 1, "all": 1}


# --- a real community --------------------------------------------------


@pytest.mark.skipif(not RCONTRIBUTORS.exists(), reason=f"needs the real export {RCONTRIBUTORS}")
def test_spot_values_of_rcontributors():
    community = Community(sources={"slack": OBSERVES})
    reports = read_reports(community, read_slack(RCONTRIBUTORS), [date(2023, 8, 28), date(2026, 5, 11)])
    rows = {r["week_start"]: r for r in reports["report_activity"] if r["source"] == "slack"}
    names = ["members", "active_members", "new_active", "retained", "resurrected", "dormant"]
    assert [rows[date(2023, 8, 28)][name] for name in names] == [927, 46, 3, 9, 34, 3]
    assert [rows[date(2023, 8, 28)][name] for name in ("posts", "replies", "reactions")] == [73, 109, 245]
    assert [rows[date(2026, 5, 11)][name] for name in names] == [1115, 9, 0, 6, 3, 8]
    assert rows[date(2026, 5, 11)]["mau"] == 27
