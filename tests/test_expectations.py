"""Every check of every suite: it passes on good rows, and one seeded defect makes it fail, alone and in its week alone.

The warehouse is written by hand: a community in which every week looks like the last one. All defects of a suite are
seeded in one copy of it, each in a week of its own, so that attribution to weeks is tested along with the checks.
"""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations import REPORTS, CheckResult, validate
from tests import defects_of_acts, defects_of_learning, defects_of_lists
from tests.defect_sql import change, copy, delete

WEEKS = [date(2024, 1, 1) + timedelta(weeks=number) for number in range(110)]
FIRST_DEFECT = 12  # weeks before it give the trailing windows something to look at
FIRST_KEPT = 70  # member_week_status keeps the last 40 weeks only

GOOD_WAREHOUSE = (
    """
CREATE SCHEMA control; CREATE SCHEMA canonical; CREATE SCHEMA reports;
CREATE TABLE control.settings AS SELECT 12 AS churned_after_weeks, 4 AS at_risk_after_weeks, 40 AS member_weeks_kept,
    12 AS source_regular_weeks, 8 AS source_regular_rows, 5 AS headline_change_percent, 8 AS headline_min_weeks;
CREATE TABLE control.sources (source VARCHAR, format VARCHAR, observes_views BOOLEAN);
INSERT INTO control.sources VALUES ('slack', 'slack', true), ('forum', 'discourse', false);
CREATE TABLE control.unreadable_sources (source VARCHAR, last_week DATE);
CREATE TABLE weeks AS SELECT DATE '2024-01-01' + CAST(7 * n AS INTEGER) AS week_start, n FROM range(110) t(n);
CREATE TABLE grid AS
    SELECT source, week_start, n FROM weeks CROSS JOIN (SELECT unnest(['all', 'slack', 'forum']) AS source);
CREATE TABLE canonical.int_source_weeks AS
    SELECT source, week_start, CAST(50 AS BIGINT) AS rows FROM grid WHERE source <> 'all';
CREATE TABLE reports.report_activity AS SELECT source, week_start,
    100 AS members, 2 AS new_members, 2 AS left_members, 40 AS active_members, CAST(0.4 AS DOUBLE) AS active_rate,
    CASE WHEN source <> 'forum' THEN 30 END AS lurking_members,
    CASE WHEN source <> 'forum' THEN 30 END AS absent_members,
    source <> 'forum' AS observes_views, 60 AS silent_members,
    if(n = 0, 40, 0) AS new_active, if(n = 0, 0, 38) AS retained, if(n = 0, 0, 2) AS resurrected,
    if(n = 0, 0, 2) AS dormant, CAST(if(n = 0, NULL, 1) AS DOUBLE) AS quick_ratio,
    100 AS interactions, CAST(2.5 AS DOUBLE) AS interactions_per_active,
    60 AS posts, 20 AS replies, 0 AS messages, 20 AS reactions, 0 AS shares, 0 AS votes, 0 AS attends, 0 AS claims,
    0 AS follows, CASE WHEN source <> 'forum' THEN 500 END AS views,
    CAST(20 AS DOUBLE) AS dau_mean, 60 AS mau, 20 / 60 AS stickiness,
    20 AS active_1, 0 AS active_2, 20 AS active_3, 0 AS active_4, 0 AS active_5, 0 AS active_6, 0 AS active_7,
    5 AS members_join_inferred, if(n = 0, 0, 40) AS active_members_previous,
    CAST(0.1 AS DOUBLE) AS top_1_pct_share, CAST(0.4 AS DOUBLE) AS top_10_pct_share, CAST(0.3 AS DOUBLE) AS gini,
    5 AS absence_factor, CAST(0.5 AS DOUBLE) AS engagement_rate,
    CAST(if(n < 15, NULL, 0) AS DOUBLE) AS engagement_rate_change_12w FROM grid;
CREATE TABLE reports.report_lifecycle AS SELECT source, week_start, stage, members, active_members,
    members / 100 AS share, buyers, CAST(9.99 AS DECIMAL(18, 2)) AS revenue
    FROM grid CROSS JOIN (VALUES
            ('newbie', 10, 0, 0), ('growth', 20, 0, 1), ('mature', 55, 40, 5), ('churned', 15, 0, 0))
        AS s(stage, members, active_members, buyers);
CREATE TABLE reports.report_lifecycle_moves AS SELECT source, week_start, from_stage, to_stage, members
    FROM grid CROSS JOIN (VALUES
            (NULL, 'newbie', 2), ('newbie', 'growth', 2), ('growth', 'mature', 2), ('mature', 'left', 2))
        AS m(from_stage, to_stage, members);
CREATE TABLE reports.report_churn AS SELECT source, week_start, 40 AS active, 20 AS quiet, 15 AS at_risk, 15 AS churned,
    10 AS never_active, 5 AS "left", 3 AS newly_at_risk, 2 AS newly_churned, 1 AS won_back,
    CAST(0.025 AS DOUBLE) AS churn_rate, 80 AS members_at_start, 0 AS newly_churned_newbie, 1 AS newly_churned_growth,
    1 AS newly_churned_mature, CAST(NULL AS DOUBLE) AS churn_rate_newbie, CAST(0.05 AS DOUBLE) AS churn_rate_growth,
    CAST(0.02 AS DOUBLE) AS churn_rate_mature FROM grid;
CREATE TABLE reports.report_churn_model AS SELECT source, week_start, 90 AS members, CAST(1.2 AS DOUBLE) AS alpha,
    CAST(0.75 AS DOUBLE) AS beta, CAST(0.65 AS DOUBLE) AS gamma, CAST(2.8 AS DOUBLE) AS delta,
    CAST(-300 AS DOUBLE) AS log_likelihood, CAST(NULL AS VARCHAR) AS problem FROM grid;
CREATE TABLE reports.report_churn_calibration AS SELECT source, week_start, CAST(bin AS INTEGER) AS bin, 10 AS members,
    CAST(bin / 10 - 0.05 AS DOUBLE) AS predicted, CAST(bin / 10 - 0.05 AS DOUBLE) AS observed
    FROM grid CROSS JOIN range(1, 11) AS b(bin);
CREATE TABLE reports.report_churn_backtest AS SELECT source, week_start, rule, CAST(40 AS BIGINT) AS population,
    CAST(0.5 AS DOUBLE) AS base_rate, tp, fp, fn, tn, tp / (tp + fp) AS precision, tp / 20 AS recall,
    2 * tp / (2 * tp + fp + fn) AS f1, 2 * tp / (tp + fp) AS lift,
    CAST(if(rule = 'probability', 0.8, NULL) AS DOUBLE) AS auc,
    CAST(if(rule = 'probability', 0.2, NULL) AS DOUBLE) AS brier
    FROM grid CROSS JOIN (VALUES ('silence', 15, 5, 5, 15), ('rhythm', 5, 5, 15, 15), ('probability', 8, 2, 12, 18),
        ('union', 16, 8, 4, 12), ('always', 20::BIGINT, 20::BIGINT, 0::BIGINT, 0::BIGINT)) AS r(rule, tp, fp, fn, tn);
CREATE TABLE reports.report_retention AS SELECT source, week_start - CAST(7 * (n - cohort) AS INTEGER) AS cohort_week,
    n - cohort AS weeks_since, size AS cohort_size,
    CASE WHEN cohort = 0 AND n > 0 THEN 38 ELSE size END AS active_members,
    CASE WHEN cohort = 0 AND n > 0 THEN 38 ELSE size END / size AS retention, week_start
    FROM grid JOIN (VALUES (0, 40), (1, 2)) AS c(cohort, size) ON n >= cohort;
CREATE TABLE reports.report_audience AS SELECT source, week_start, 1000 + n AS followers, 3 AS followers_gained,
    2 AS followers_lost, CAST(0.002 AS DOUBLE) AS unfollow_rate, 500 AS reach, 900 AS views, 50 AS engagements,
    CAST(0.1 AS DOUBLE) AS engagement_rate_by_reach, 50 / (1000 + n) AS engagement_rate_by_followers, 2 AS posts,
    CAST(NULL AS DOUBLE) AS active_per_follower FROM grid WHERE source <> 'slack';
CREATE TABLE reports.report_purchases AS SELECT source, week_start, 'EUR' AS currency, 8 AS orders, 6 AS buyers,
    CAST(39.96 AS DECIMAL(18, 4)) AS revenue, 2 AS first_time_buyers, 4 AS repeat_buyers,
    39.96 / 8 AS average_order_value, 4 / 6 AS repeat_rate, CAST(0.5 AS DOUBLE) AS active_buyer_share,
    0 AS orders_without_buyer, CAST(0 AS DECIMAL(18, 4)) AS revenue_without_buyer FROM grid;
CREATE TABLE canonical.int_community_members AS SELECT 'slack' AS source, 'slack:bot' AS member_id, true AS is_excluded;
CREATE TABLE canonical.int_accounts AS SELECT 'slack:bot' AS account_id, true AS person_is_bot,
    false AS person_is_official;
CREATE TABLE canonical.int_survey_answers AS SELECT 'pulse' AS source, week_start, 'p1' AS survey_id, question,
    CASE WHEN i = 20 THEN 'slack:bot' ELSE 'slack:' || i END AS member_id
    FROM weeks CROSS JOIN (SELECT unnest(['Recommend?', 'Which?']) AS question), range(21) AS m(i);
CREATE TABLE reports.report_surveys AS SELECT source, week_start, 'p1' AS survey_id, question, kind, 50 AS invited,
    20 AS responses, CAST(0.4 AS DOUBLE) AS response_rate, mean, nps, top_choices,
    8 AS responses_active_before, mean + 1.5 AS mean_active_before, nps AS nps_active_before,
    12 AS responses_silent_before, mean - 1 AS mean_silent_before, nps AS nps_silent_before
    FROM weeks CROSS JOIN (SELECT unnest(['all', 'pulse']) AS source) CROSS JOIN (VALUES
        ('Recommend?', 'nps', CAST(7 AS DOUBLE), CAST(10 AS DOUBLE), NULL), ('Which?', 'choice', NULL, NULL, 'tea: 20'))
        AS q(question, kind, mean, nps, top_choices);
CREATE TABLE reports.member_week_status AS SELECT source, source || ':' || i AS member_id, week_start, silence_weeks,
    week_start + INTERVAL 1 DAY AS last_active_at, week_start + INTERVAL 2 DAY AS last_seen_at, status,
    CASE WHEN status IN ('at_risk', 'churned') THEN 'silence' END AS flagged_by,
    if(status = 'never_active', 0, 5) AS active_weeks,
    CAST(if(status = 'never_active', NULL, 1.5) AS DOUBLE) AS typical_gap_weeks,
    CAST(if(status = 'never_active', NULL, 2) AS DOUBLE) AS p90_gap_weeks,
    CAST(if(status IN ('left', 'never_active'), NULL, 0.7) AS DOUBLE) AS p_alive,
    CAST(if(status IN ('left', 'never_active'), NULL, 0.5) AS DOUBLE) AS p_active_4w,
    CASE WHEN status IN ('at_risk', 'churned') THEN week_start - 7 END AS flagged_since,
    lifecycle_stage, 40 AS tenure_days, if(i < 2, 3, 0) AS orders_total,
    if(i < 2 AND status <> 'left', if(status = 'never_active', 5, 1 + (i + CASE status WHEN 'active' THEN 0
        WHEN 'quiet' THEN 2 WHEN 'at_risk' THEN 4 ELSE 6 END) // 2), NULL) AS recency_quintile,
    recency_quintile AS frequency_quintile, recency_quintile AS money_quintile
    FROM grid CROSS JOIN (VALUES ('active', 40, 0, 'mature'), ('quiet', 20, 2, 'growth'), ('at_risk', 15, 6, 'mature'),
        ('churned', 15, 20, 'churned'), ('never_active', 10, 3, 'newbie'), ('left', 5, 1, NULL))
        AS s(status, members, silence_weeks, lifecycle_stage), range(100) AS m(i)
    WHERE i < members AND n >= 70;
UPDATE reports.member_week_status SET member_id = member_id || status;
CREATE TABLE reports.report_segments AS SELECT source, week_start, 'country' AS attribute, value, members,
    active_members, active_members / members AS active_rate
    FROM grid CROSS JOIN (VALUES ('DE', 60, 30), (NULL, 40, 10)) AS v(value, members, active_members);
CREATE TABLE reports.report_onboarding_as_of AS SELECT g.source, g.week_start, j.week_start AS joined_week,
    2 AS joined, 1 AS joined_inferred, CASE WHEN g.source <> 'forum' AND g.n > j.n THEN 1 END AS viewed_7d,
    CASE WHEN g.source <> 'forum' AND g.n = j.n + 4 THEN 1 END AS viewed_28d,
    if(g.n > j.n, 1, NULL) AS active_7d, if(g.n > j.n, 0, NULL) AS reply_received_7d,
    if(g.n > j.n, 0, NULL) AS claimed_7d, if(g.n > j.n, 0, NULL) AS purchased_7d,
    if(g.n = j.n + 4, 2, NULL) AS active_28d, if(g.n = j.n + 4, 1, NULL) AS reply_received_28d,
    if(g.n = j.n + 4, 0, NULL) AS claimed_28d, if(g.n = j.n + 4, 0, NULL) AS purchased_28d,
    if(g.n = j.n + 4, 1.5, NULL) AS median_days_to_active, if(g.n = j.n + 4, 2, NULL) AS came_back,
    if(g.n = j.n + 4, 1, NULL) AS first_post_answered, if(g.n = j.n + 4, 1, NULL) AS came_back_answered,
    if(g.n = j.n + 4, 1, NULL) AS first_post_unanswered, if(g.n = j.n + 4, 1, NULL) AS came_back_unanswered
    FROM grid g JOIN weeks j ON j.n BETWEEN g.n - 4 AND g.n;
CREATE TABLE reports.report_safety AS SELECT source, week_start, event_type, events, members,
    CAST(1000 * events / 40 AS DOUBLE) AS per_1000_active, inferred, 40 AS active_members
    FROM grid CROSS JOIN (VALUES ('leave', 2, 2, 1), ('block', 4, 3, 0)) AS e(event_type, events, members, inferred);
CREATE TABLE control.goals AS
    SELECT 'grow' AS goal, DATE '2024-01-01' AS from_week, max(week_start) AS to_week FROM weeks;
CREATE TABLE reports.report_goals AS SELECT 'grow' AS goal, week_start, CAST(40 AS DOUBLE) AS value,
    CAST(40 AS DOUBLE) AS start_value, CAST(80 AS DOUBLE) AS target, 40 + 40 * n / 109 AS expected_by_now,
    n = 0 AS on_track, 'report_activity.active_members' AS metric, 'forum' AS source FROM weeks;
CREATE TABLE reports.report_headlines AS SELECT source, week_start, 'report_activity.' || name AS metric,
    CAST(40 AS DOUBLE) AS value, CAST(if(n = 0, NULL, 40) AS DOUBLE) AS previous,
    CAST(if(n < 4, NULL, 40) AS DOUBLE) AS mean_4w, if(n < 4, NULL, 'steady') AS direction,
    CAST(NULL AS DOUBLE) AS robust_z, name || if(n < 4, '_first', '_steady') AS sentence_key,
    least(n, 52) AS weeks_compared, place
    FROM grid CROSS JOIN (VALUES ('active_members', 1), ('mau', 2)) AS m(name, place);
"""
    + defects_of_acts.GOOD_ROWS
    + defects_of_lists.GOOD_ROWS
    + defects_of_learning.GOOD_ROWS
)


def activity(assignments: str) -> str:
    """A change of the forum's row in report_activity."""
    return change("report_activity", assignments)


ONE_MEMBER = "source = 'forum' AND member_id = 'forum:3{status}'"


def member(status: str, assignments: str) -> str:
    """A change of one of the forum's members."""
    return change("member_week_status", assignments, ONE_MEMBER.format(status=status))


STAGE = "source = 'forum' AND stage = '{}'"
SEGMENT = "source = 'forum' AND value = 'DE'"
COHORT = "source = 'forum' AND joined_week = $w - 28"
OWN_COHORT = "source = 'forum' AND joined_week = $w"
LEAVES = "source = 'forum' AND event_type = 'leave'"
HEADLINE = "source = 'forum' AND place = 1"
CELL = "source = 'forum' AND cohort_week = DATE '2024-01-01'"

NO_PURCHASES = (
    "0 AS orders, 0 AS buyers, 0 AS revenue, 0 AS first_time_buyers, 0 AS repeat_buyers, NULL AS average_order_value,"
    "NULL AS repeat_rate, NULL AS active_buyer_share, 0 AS orders_without_buyer, 0 AS revenue_without_buyer"
)
EUR = "source = 'forum' AND currency = 'EUR'"


def bought(assignments: str) -> str:
    """A change of what the forum bought in euros."""
    return change("report_purchases", assignments, EUR)


def currency(code: str) -> str:
    """A currency that is bought in no more, from the week of the defect on."""
    rows = f"SELECT * REPLACE ('{code}' AS currency, {NO_PURCHASES}) FROM reports.report_purchases"
    return f"INSERT INTO reports.report_purchases {rows} WHERE week_start >= $w AND {EUR};"


QUESTION = "source = 'pulse' AND kind = 'nps'"
WHOLE = "source = 'all' AND kind = 'nps'"


def backtest(assignments: str, rules: str) -> str:
    """A change of what rules of the forum's backtest came to; their measures follow."""
    where = f"source = 'forum' AND rule IN ({rules})"
    measures = (
        "base_rate = (tp + fn) / (tp + fp + fn + tn), precision = tp / (tp + fp), recall = tp / (tp + fn),"
        "f1 = 2 * tp / (2 * tp + fp + fn), lift = tp * (tp + fp + fn + tn) / ((tp + fp) * (tp + fn))"
    )
    return change("report_churn_backtest", assignments, where) + change("report_churn_backtest", measures, where)


RHYTHM = "source = 'forum' AND rule = 'rhythm'"
ALWAYS = "source = 'forum' AND rule = 'always'"
THIRD = "source = 'forum' AND bin = 3"

DEFECTS = {
    "report_audience": {
        "keys_present": copy("report_audience", "NULL AS source"),
        "key_unique": copy("report_audience", "0 AS views"),
        "counts_not_negative": change("report_audience", "followers_lost = -1"),
        "rates_not_negative": change("report_audience", "unfollow_rate = -0.1"),
        "engagement_rate_by_reach_matches_counts": change("report_audience", "reach = 400"),
        "engagement_rate_by_followers_matches_counts": change("report_audience", "engagement_rate_by_followers = NULL"),
        "source_in_activity": "DELETE FROM reports.report_activity WHERE week_start = $w AND source = 'forum';",
        "sources_complete": delete("report_audience", "source = 'forum'"),
        "followers_follow_the_flows": change("report_audience", "followers_gained = 90"),
        "followers_plausible": change(
            "report_audience", "followers = 9000, followers_gained = 8010, engagement_rate_by_followers = 50 / 9000"
        )
        + "UPDATE reports.report_audience SET followers_lost = 8010 WHERE week_start = $w + 7 AND source = 'forum';",
    },
    "report_activity": {
        "rows_exist": delete("report_activity"),
        "keys_present": copy("report_activity", "NULL AS source"),
        "key_unique": copy("report_activity", "source AS source"),
        "values_present": activity("left_members = NULL"),
        "counts_not_negative": activity("left_members = -1"),
        "rates_in_range": activity("active_rate = 1.5"),
        "rates_null_when_undefined": activity("stickiness = NULL"),
        "rates_match_counts": activity("interactions_per_active = 9"),
        "source_known": copy("report_activity", "'ghost' AS source"),
        "source_present": delete("report_activity", "source = 'forum'"),
        "source_delivers": """
            INSERT INTO control.sources (source) VALUES ('steady');
            INSERT INTO canonical.int_source_weeks SELECT 'steady', week_start, 8 FROM weeks WHERE week_start <> $w;""",
        "source_quiet": """
            INSERT INTO control.sources (source) VALUES ('patchy');
            INSERT INTO canonical.int_source_weeks SELECT 'patchy', week_start, 7 FROM weeks WHERE week_start <> $w;""",
        "source_readable": "INSERT INTO control.unreadable_sources VALUES ('slack', $w - 7);",  # in the last week
        "audience_adds_up": change("report_activity", "absent_members = 31", "source = 'slack'"),
        "silent_adds_up": activity("silent_members = 61"),
        "unobserved_is_null": activity("lurking_members = 3"),
        "active_adds_up": activity("retained = 37"),
        "active_carries_over": activity("dormant = 4, quick_ratio = 0.5"),
        "previous_week_matches": activity("active_members_previous = 39, dormant = 1, quick_ratio = 2"),
        "active_days_add_up": activity("active_7 = 1"),
        "daily_active_within_weekly": activity("dau_mean = 45, stickiness = 0.75"),
        "monthly_active_in_range": activity("mau = 200, stickiness = 0.1"),
        "interactions_match_types": activity("shares = 5"),
        "interactions_cover_active": activity(
            "interactions = 30, posts = 15, replies = 15, reactions = 0, interactions_per_active = 0.75"
        ),
        "new_members_within_members": activity("new_members = 101"),
        "inferred_joins_within_members": activity("members_join_inferred = 101"),
        "members_plausible": activity("members = 500, silent_members = 460, active_rate = 0.08"),
        "active_members_plausible": activity(
            "active_members = 8, active_rate = 0.08, silent_members = 92, retained = 6, dormant = 34,"
            "quick_ratio = 2 / 34, interactions_per_active = 12.5, dau_mean = 6, stickiness = 0.1,"
            "active_1 = 8, active_3 = 0"
        )
        + activity("active_members_previous = 8, retained = 6, resurrected = 34, quick_ratio = 17").replace(
            "$w", "$w + 7"
        ),
        "posts_plausible": activity("posts = 300, interactions = 340, interactions_per_active = 8.5"),
        "concentration_in_range": activity("gini = 1.5"),
        "concentration_null_when_undefined": activity("gini = NULL"),
        "engagement_change_matches_weeks": activity("engagement_rate_change_12w = 0.5"),
    },
    **defects_of_acts.DEFECTS,
    **defects_of_lists.DEFECTS,
    **defects_of_learning.DEFECTS,
    "report_lifecycle": {
        "rows_exist": delete("report_lifecycle"),
        "keys_present": copy("report_lifecycle", "NULL AS stage, 0 AS members, 0 AS share", STAGE.format("newbie")),
        "key_unique": copy("report_lifecycle", "0 AS members, 0 AS share", STAGE.format("newbie")),
        "values_present": change("report_lifecycle", "buyers = NULL", STAGE.format("mature")),
        "counts_not_negative": change("report_lifecycle", "buyers = -1", STAGE.format("mature")),
        "shares_in_range": change("report_lifecycle", "share = 1.5", STAGE.format("mature")),
        "stage_known": copy("report_lifecycle", "'elder' AS stage, 0 AS members, 0 AS share", STAGE.format("newbie")),
        "stages_complete": delete("report_lifecycle", STAGE.format("newbie"))
        + change("report_lifecycle", "members = 30, share = 0.3", STAGE.format("growth")),
        "members_match_activity": change("report_lifecycle", "members = 56", STAGE.format("mature")),
        "active_members_match_activity": change("report_lifecycle", "active_members = 41", STAGE.format("mature")),
        "shares_add_up": change("report_lifecycle", "share = 0.5", STAGE.format("mature")),
        "buyers_within_members": change("report_lifecycle", "buyers = 11", STAGE.format("newbie")),
        "active_within_members": change("report_lifecycle", "active_members = 11", STAGE.format("newbie"))
        + change("report_lifecycle", "active_members = 29", STAGE.format("mature")),
    },
    "report_lifecycle_moves": {
        "keys_present": copy("report_lifecycle_moves", "NULL AS source", "source = 'forum' AND to_stage = 'left'"),
        "key_unique": change("report_lifecycle_moves", "members = 1", "source = 'forum' AND from_stage IS NULL")
        + copy("report_lifecycle_moves", "1 AS members", "source = 'forum' AND from_stage IS NULL"),
        "from_stage_known": copy(
            "report_lifecycle_moves", "'elder' AS from_stage", "source = 'forum' AND to_stage = 'left'"
        ),
        "to_stage_known": change(
            "report_lifecycle_moves", "to_stage = 'gone'", "source = 'forum' AND to_stage = 'left'"
        ),
        "moves_are_real": copy(
            "report_lifecycle_moves", "'mature' AS from_stage", "source = 'forum' AND to_stage = 'mature'"
        ),
        "members_positive": copy(
            "report_lifecycle_moves", "NULL AS from_stage, 0 AS members", "source = 'forum' AND to_stage = 'left'"
        ),
        "moves_balance": change("report_lifecycle_moves", "members = 3", "source = 'forum' AND from_stage IS NULL"),
        "moves_balance_earlier": change(  # in the last week: the one before it is not validated
            "report_lifecycle_moves", "members = 3", "source = 'forum' AND from_stage IS NULL"
        ),
    },
    "report_churn": {
        "rows_exist": delete("report_churn"),
        "keys_present": copy("report_churn", "NULL AS source"),
        "key_unique": copy("report_churn", "source AS source"),
        "values_present": change("report_churn", '"left" = NULL'),
        "counts_not_negative": change("report_churn", '"left" = -1'),
        "rates_in_range": change("report_churn", "churn_rate_growth = 1.5"),
        "rate_null_when_undefined": change("report_churn", "churn_rate = NULL"),
        "rate_matches_counts": change("report_churn", "churn_rate = 0.5"),
        "members_match_activity": change("report_churn", "quiet = 21"),
        "newly_at_risk_within_at_risk": change("report_churn", "newly_at_risk = 16"),
        "newly_churned_within_churned": change(
            "report_churn", "newly_churned = 16, churn_rate = 0.2, newly_churned_growth = 15"
        ),
        "won_back_within_active": change("report_churn", "won_back = 41"),
        "stage_split_adds_up": change("report_churn", "newly_churned_growth = 2"),
    },
    "report_churn_model": {
        "keys_present": copy("report_churn_model", "NULL AS source"),
        "key_unique": copy("report_churn_model", "source AS source"),
        "values_present": change("report_churn_model", "members = NULL"),
        "members_not_negative": change("report_churn_model", "members = -1"),
        "shapes_positive": change("report_churn_model", "alpha = 0"),
        "fit_or_problem": change("report_churn_model", "log_likelihood = NULL"),
        "sources_complete": delete("report_churn_model", "source = 'forum'"),
        "members_within_activity": change("report_churn_model", "members = 101"),
        "model_fitted": change(
            "report_churn_model",
            "alpha = NULL, beta = NULL, gamma = NULL, delta = NULL, log_likelihood = NULL, problem = 'no maximum'",
        ),
    },
    "report_churn_calibration": {
        "keys_present": copy("report_churn_calibration", "NULL AS source", THIRD),
        "key_unique": copy("report_churn_calibration", "source AS source", THIRD),
        "values_present": change("report_churn_calibration", "members = NULL", THIRD),
        "members_not_negative": change("report_churn_calibration", "members = -1", THIRD),
        "rates_in_range": change("report_churn_calibration", "observed = 1.5", THIRD),
        "tenths_complete": delete("report_churn_calibration", THIRD),
        "prediction_in_its_tenth": change("report_churn_calibration", "predicted = 0.9", THIRD),
        "null_when_nobody": change("report_churn_calibration", "observed = NULL", THIRD),
        # In the last week: the weeks after it would look back on it too.
        "chances_come_true": change("report_churn_calibration", "members = 100000, observed = 1", THIRD),
    },
    "report_churn_backtest": {
        "keys_present": copy("report_churn_backtest", "NULL AS source", ALWAYS),
        "key_unique": copy("report_churn_backtest", "source AS source", ALWAYS),
        "values_present": change("report_churn_backtest", "tp = NULL", RHYTHM),
        "counts_not_negative": backtest("fp = 21, tn = -1", "'union'"),
        "rates_in_range": change("report_churn_backtest", "auc = 1.5", "source = 'forum' AND rule = 'probability'"),
        "rule_known": copy("report_churn_backtest", "'luck' AS rule", ALWAYS),
        "rules_complete": delete("report_churn_backtest", RHYTHM),
        "outcomes_add_up": change("report_churn_backtest", "population = 41"),
        "rules_judge_the_same_members": backtest("fn = 16, population = 41", "'rhythm'"),
        "learned_judge_no_others": backtest("tn = 17, population = 41", "'model'"),
        "always_flags_everybody": backtest("tp = 19, fn = 1", "'always'"),
        "union_flags_most": backtest("fp = 9, tn = 11", "'rhythm'"),
        "base_rate_matches_counts": change("report_churn_backtest", "base_rate = 0.4", RHYTHM),
        "precision_matches_counts": change("report_churn_backtest", "precision = 0.9", RHYTHM),
        "recall_matches_counts": change("report_churn_backtest", "recall = 0.9", RHYTHM),
        "f1_matches_counts": change("report_churn_backtest", "f1 = 0.9", RHYTHM),
        "lift_matches_counts": change("report_churn_backtest", "lift = NULL", RHYTHM),
        "only_chances_rank": change("report_churn_backtest", "brier = 0.2", RHYTHM),
        "flags_better_than_chance": backtest(
            "population = 100000, tp = 1000, fp = 30000, fn = 49000, tn = 20000",
            "'silence', 'rhythm', 'probability', 'union'",
        )
        + backtest("population = 100000, tp = 50000, fp = 50000", "'always'"),
    },
    "report_retention": {
        "rows_exist": delete("report_retention"),
        "keys_present": copy("report_retention", "NULL AS source", CELL),
        "key_unique": copy("report_retention", "0 AS active_members, 0 AS retention", CELL),
        "values_present": change("report_retention", "cohort_size = NULL", CELL),
        "counts_not_negative": change("report_retention", "cohort_size = -1", CELL),
        "retention_in_range": change("report_retention", "retention = 1.5", CELL),
        "retention_null_when_undefined": change("report_retention", "retention = NULL", CELL),
        "retention_matches_counts": change("report_retention", "retention = 0.5", CELL),
        "cohort_starts_whole": """
            INSERT INTO reports.report_retention
            SELECT 'forum', $w, date_diff('day', $w, week_start) // 7, 3, 0, 0, week_start FROM weeks
            WHERE week_start >= $w;""",
        "weeks_since_matches_dates": change("report_retention", "weeks_since = weeks_since + 1000", CELL),
        "no_cohort_missing": delete("report_retention", "source = 'forum' AND cohort_size = 2")
        + change("report_retention", "active_members = 40, retention = 1", CELL),
        "no_cohort_missing_earlier": """
            INSERT INTO reports.report_retention SELECT 'forum', $w - 7, 0, 1, 1, 1, $w - 7;""",
        "active_matches_activity": change("report_retention", "active_members = 40, retention = 1", CELL),
    },
    "report_purchases": {
        "keys_present": copy("report_purchases", f"NULL AS currency, {NO_PURCHASES}", EUR),
        "key_unique": currency("CHF") + copy("report_purchases", "source AS source", "currency = 'CHF'"),
        "values_present": bought("buyers = NULL"),
        "counts_not_negative": currency("JPY")
        + change(
            "report_purchases",
            "orders = -1, buyers = -1, first_time_buyers = -1, average_order_value = 0, repeat_rate = 0,"
            "active_buyer_share = 0",
            "currency = 'JPY'",
        ),
        "rates_in_range": bought("active_buyer_share = 1.5"),
        "currency_known": copy("report_purchases", f"'euro' AS currency, {NO_PURCHASES}", EUR),
        "buyers_add_up": bought("first_time_buyers = 3"),
        "orders_cover_buyers": bought("orders = 5, average_order_value = 39.96 / 5"),
        "no_revenue_without_orders": currency("USD")
        + change("report_purchases", "revenue = 1", "currency = 'USD'")
        + change("report_lifecycle", "revenue = NULL"),
        "revenue_not_negative": bought("revenue = -39.96, average_order_value = -39.96 / 8")
        + change("report_lifecycle", "revenue = -9.99"),
        "rates_null_when_undefined": bought("repeat_rate = NULL"),
        "rates_match_counts": bought("average_order_value = 9"),
        "revenue_matches_lifecycle": bought("revenue = 40.08, average_order_value = 40.08 / 8"),
        "buyers_match_lifecycle": bought("buyers = 7, repeat_buyers = 5, repeat_rate = 5 / 7"),
        "currency_continues": copy("report_purchases", f"'SEK' AS currency, {NO_PURCHASES}", EUR).replace(
            "$w", "$w - 7"
        ),
        "orders_plausible": bought("orders = 120, average_order_value = 39.96 / 120"),
        "revenue_plausible": bought("orders = 24, revenue = 399.6, average_order_value = 399.6 / 24")
        + change("report_lifecycle", "revenue = 99.9"),
    },
    "report_surveys": {
        "keys_present": copy("report_surveys", "NULL AS source", QUESTION),
        "key_unique": copy("report_surveys", "source AS source", "source = 'all' AND kind = 'choice'"),
        "values_present": change("report_surveys", "responses = NULL, response_rate = NULL", QUESTION),
        "responses_positive": change(
            "report_surveys",
            "responses = 0, response_rate = 0, responses_active_before = NULL, responses_silent_before = NULL,"
            "mean_active_before = NULL, mean_silent_before = NULL, nps_active_before = NULL, nps_silent_before = NULL",
            "kind = 'nps'",
        ),
        "nps_in_range": change("report_surveys", "nps_active_before = 101", QUESTION),
        "kind_known": change("report_surveys", "kind = 'essay', nps = NULL, mean = NULL", QUESTION),
        "figures_fit_kind": change("report_surveys", "top_choices = 'tea: 1'", QUESTION),
        "responses_within_invited": change("report_surveys", "invited = 19, response_rate = NULL", QUESTION),
        "response_rate_matches_counts": change("report_surveys", "response_rate = 0.5", QUESTION),
        "split_fits_responses": change("report_surveys", "responses_silent_before = 13", QUESTION),
        "groups_have_answers": change("report_surveys", "responses_silent_before = 0", QUESTION),
        "mean_between_groups": change("report_surveys", "mean = 9", QUESTION),
        "answers_reported": "DELETE FROM canonical.int_survey_answers WHERE week_start = $w AND question = 'Which?';",
        "whole_fits_sources": change("report_surveys", "responses = 21, response_rate = 0.42", WHOLE),
        "nps_plausible": change("report_surveys", "nps = 90", QUESTION),
    },
    "member_week_status": {
        "rows_exist": delete("member_week_status"),
        "keys_present": member("quiet", "member_id = NULL"),
        "key_unique": member("quiet", "member_id = 'forum:4quiet'"),
        "values_present": member("quiet", "status = NULL") + change("report_churn", "quiet = 19"),
        "status_known": member("quiet", "status = 'zombie'") + change("report_churn", "quiet = 19"),
        "statuses_match_churn": change("report_churn", "quiet = 21"),
        "stages_match_lifecycle": change("report_lifecycle", "members = 11", STAGE.format("newbie")),
        "flag_has_reason": member("at_risk", "flagged_by = NULL"),
        "flagged_since_not_later": member("at_risk", "flagged_since = $w + 7"),
        "silence_matches_status": member("quiet", "silence_weeks = 4"),
        "rules_known": member("at_risk", "flagged_by = 'luck'"),
        "chances_in_range": member("quiet", "p_alive = 1.5"),
        "chances_where_fitted": member("quiet", "p_alive = NULL, p_active_4w = NULL"),
        "gaps_fit": member("quiet", "typical_gap_weeks = 3"),
        "silence_zero_when_active": member("active", "silence_weeks = 3"),
        "tenure_at_least_a_day": member("quiet", "tenure_days = 0"),
        "last_seen_not_before_active": member("quiet", "last_seen_at = last_active_at - INTERVAL 1 DAY"),
        "quintiles_for_buyers": member("quiet", "money_quintile = 3"),
        "quintiles_in_range": change(
            "member_week_status", "frequency_quintile = 6", "source = 'forum' AND frequency_quintile = 5"
        ),
        "fifths_are_even": change(
            "member_week_status", "recency_quintile = 2", "source = 'forum' AND recency_quintile = 1"
        ),
    },
    "report_segments": {
        "keys_present": copy("report_segments", "NULL AS source", SEGMENT),
        "key_unique": change("report_segments", "members = 30, active_members = 15", SEGMENT)
        + copy("report_segments", "30 AS members", SEGMENT),
        "values_present": change("report_segments", "active_rate = NULL", SEGMENT),
        "counts_not_negative": change("report_segments", "active_members = -1", SEGMENT)
        + change(
            "report_segments",
            "active_members = 41, members = 41, active_rate = 1",
            "source = 'forum' AND value IS NULL",
        )
        + change("report_segments", "members = 59", SEGMENT),
        "members_positive": copy("report_segments", "'FR' AS value, 0 AS members, 0 AS active_members", SEGMENT),
        "active_within_members": change(
            "report_segments", "active_members = 40, members = 30, active_rate = 1", SEGMENT
        )
        + change(
            "report_segments", "active_members = 0, members = 70, active_rate = 0", "source = 'forum' AND value IS NULL"
        ),
        "rate_matches_counts": change("report_segments", "active_rate = 0.9", SEGMENT),
        "members_match_activity": change("report_segments", "members = 75, active_rate = 0.4", SEGMENT),
        "active_members_match_activity": change("report_segments", "active_members = 60, active_rate = 1", SEGMENT),
        "values_fit": change("report_segments", "value = '(other values)'", SEGMENT),
    },
    "report_onboarding_as_of": {
        "rows_exist": delete("report_onboarding_as_of") + delete("report_activity"),
        "keys_present": copy("report_onboarding_as_of", "NULL AS source", COHORT),
        "key_unique": copy("report_onboarding_as_of", "source AS source", COHORT),
        "values_present": change("report_onboarding_as_of", "joined_inferred = NULL", COHORT),
        "counts_not_negative": change("report_onboarding_as_of", "joined_inferred = -1", COHORT),
        "joining_week_in_range": copy("report_onboarding_as_of", "$w - 35 AS joined_week", COHORT),
        "joining_weeks_complete": delete("report_onboarding_as_of", COHORT),
        "cells_wait_for_their_days": change("report_onboarding_as_of", "active_7d = 1", OWN_COHORT),
        "unobserved_is_null": change("report_onboarding_as_of", "viewed_28d = 0", COHORT),
        "steps_within_joined": change("report_onboarding_as_of", "claimed_28d = 3", COHORT),
        "seven_days_within_28": change("report_onboarding_as_of", "reply_received_7d = 2", COHORT),
        "splits_within_whole": change("report_onboarding_as_of", "came_back_answered = 2", COHORT),
        "joined_covers_new_members": change("report_onboarding_as_of", "joined = 1, joined_inferred = 0", OWN_COHORT),
    },
    "report_safety": {
        "keys_present": copy("report_safety", "NULL AS source", LEAVES),
        "key_unique": copy("report_safety", "source AS source", LEAVES),
        "values_present": change("report_safety", "inferred = NULL", LEAVES),
        "counts_not_negative": change("report_safety", "inferred = -1", LEAVES),
        "event_type_known": copy("report_safety", "'shout' AS event_type", LEAVES),
        "members_within_events": change("report_safety", "members = 3", LEAVES),
        "inferred_within_events": change("report_safety", "inferred = 3", LEAVES),
        "rate_null_when_undefined": change("report_safety", "per_1000_active = NULL", LEAVES),
        "rate_matches_counts": change("report_safety", "per_1000_active = 60", LEAVES),
        "active_members_match_activity": change("report_safety", "active_members = 50, per_1000_active = 40", LEAVES),
        "kinds_stay": delete("report_safety", LEAVES),
    },
    "report_goals": {
        "keys_present": """
            INSERT INTO reports.report_goals SELECT * REPLACE (NULL AS goal) FROM reports.report_goals
            WHERE week_start = $w;""",
        "key_unique": copy("report_goals", "goal AS goal"),
        "values_present": change("report_goals", "metric = NULL"),
        "goal_present": delete("report_goals"),
        "goal_known": copy("report_goals", "'shrink' AS goal"),
        "line_needs_a_start": change("report_goals", "start_value = NULL"),
        "line_within_start_and_target": change("report_goals", "expected_by_now = 81"),
        "on_track_matches_line": change("report_goals", "on_track = true"),
    },
    "report_headlines": {
        "rows_exist": delete("report_headlines"),
        "keys_present": copy("report_headlines", "NULL AS source, 3 AS place", HEADLINE),
        "key_unique": copy("report_headlines", "source AS source", HEADLINE),
        "values_present": change("report_headlines", "sentence_key = NULL", HEADLINE),
        "source_present": delete("report_headlines", "source = 'forum'"),
        "at_most_eight": change("report_headlines", "place = 9", HEADLINE),
        "places_unique": change("report_headlines", "place = 2", HEADLINE),
        "direction_known": change("report_headlines", "direction = 'flat'", HEADLINE),
        "direction_matches_change": change("report_headlines", "direction = 'up'", HEADLINE),
        "z_needs_eight_weeks": change("report_headlines", "weeks_compared = 7, robust_z = 1", HEADLINE),
        "previous_week_matches": change("report_headlines", "previous = 41", HEADLINE),
    },
}
IN_LAST_WEEK = {
    "source_readable", "currency_known", "moves_balance_earlier", "no_cohort_missing_earlier", "chances_come_true",
    "flags_better_than_chance",
}  # fmt: skip
SEEDED = [(report, check) for report, defects in DEFECTS.items() for check in defects]


def week_of(report: str, check: str) -> date:
    """The week in which a defect is seeded: each has one of its own."""
    if check in IN_LAST_WEEK:
        return WEEKS[-1]
    number = list(DEFECTS[report]).index(check)
    keeps_last_weeks = report == "member_week_status" or report.startswith("list_")
    return WEEKS[FIRST_KEPT + 1 + 2 * number] if keeps_last_weeks else WEEKS[FIRST_DEFECT + 3 * number]


def validated_weeks(report: str) -> list[date]:
    """All weeks, but not the one before the last where a check asks what another run left behind there."""
    return WEEKS if report == "report_activity" else [*WEEKS[:-2], WEEKS[-1]]


def write(path: Path, *statements: str) -> Path:
    """A good warehouse, with these changes made to it."""
    with duckdb.connect(str(path)) as connection:
        for statement in (GOOD_WAREHOUSE, *statements):
            connection.execute(statement)
    return path


def failed(results: list[CheckResult]) -> dict[tuple[str, str, date], CheckResult]:
    """The results that failed, by report, check and week."""
    return {(r.report, r.check_name, r.week_start): r for r in results if not r.passed}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse without a defect."""
    return write(tmp_path_factory.mktemp("good") / "warehouse.duckdb")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    """Each report validated on a warehouse with all the defects of its suite."""
    results = {}
    for report, defects in DEFECTS.items():
        statements = [sql.replace("$w", f"DATE '{week_of(report, check)}'") for check, sql in defects.items()]
        path = write(tmp_path_factory.mktemp(report) / "warehouse.duckdb", *statements)
        results[report] = validate(path, [report], validated_weeks(report))
    return results


def test_good_rows_pass_everything(good: Path) -> None:
    results = validate(good, REPORTS, WEEKS)
    assert failed(results) == {}
    assert len({(r.week_start, r.report, r.check_name) for r in results}) == len(results)
    assert len(results) == len(WEEKS) * len(SEEDED)


@pytest.mark.parametrize(("report", "check"), SEEDED)
def test_a_defect_fails_its_check_alone_and_in_its_week_alone(report, check, seeded) -> None:
    week = week_of(report, check)
    failures = failed(seeded[report])
    assert [name for _, name, when in failures if when == week] == [check], list(failures.values())
    assert [when for _, name, when in failures if name == check] == [week]
    result = failures[report, check, week]
    assert result.error is None
    assert result.observed and result.expected and result.description.endswith(".")
    assert 1 <= len(result.sample_keys) <= 5
    assert all(f"week_start={week}" in key or report == "report_retention" for key in result.sample_keys)


@pytest.mark.parametrize("report", REPORTS)
def test_every_check_has_a_defect(report, seeded) -> None:
    assert {result.check_name for result in seeded[report]} == set(DEFECTS[report])


def test_names_are_unique_and_severities_known(seeded) -> None:
    from expectations.suites import checks_of

    for report in REPORTS:
        names = [check.name for check in checks_of(report)]
        assert len(names) == len(set(names))
        assert {check.severity for check in checks_of(report)} <= {"critical", "warning"}


def test_what_a_person_reads(seeded) -> None:
    found = failed(seeded["report_activity"])[
        "report_activity", "rates_in_range", week_of("report_activity", "rates_in_range")
    ]
    assert found.observed == "1 of 3 rows: active_rate 1.5"
    assert found.expected == "active_rate and stickiness between 0 and 1"
    assert found.sample_keys == (f"source=forum week_start={found.week_start}",)


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'great_expectations', 'pandas', 'sqlalchemy', 'duckdb'}"
    code = f"import sys, expectations; expectations.REPORTS; assert not {heavy} & set(sys.modules), sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
