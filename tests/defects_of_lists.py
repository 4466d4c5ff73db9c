"""Win-back, removal and lift: their good rows, and a defect for each check of their suites."""

from tests.defect_sql import change, copy, delete

# After `member_week_status`, whose members they list: fifteen at risk and fifteen churned a source.
GOOD_ROWS = """
ALTER TABLE control.settings ADD COLUMN removal_silence_weeks INTEGER DEFAULT 20;
ALTER TABLE control.settings ADD COLUMN removal_tenure_days INTEGER DEFAULT 30;
ALTER TABLE control.settings ADD COLUMN removal_purchase_days INTEGER DEFAULT 365;
ALTER TABLE control.settings ADD COLUMN holdout_share DOUBLE DEFAULT 0.1;
ALTER TABLE control.settings ADD COLUMN lift_min_members INTEGER DEFAULT 100;
CREATE TABLE canonical.int_do_not_contact (source VARCHAR, member_id VARCHAR);
INSERT INTO canonical.int_do_not_contact VALUES ('forum', 'forum:4quiet');
CREATE TABLE canonical.winback_plays AS SELECT unnest(['bought_before', 'was_creator_or_contributor']) AS rule;
CREATE TABLE reports.list_winback AS SELECT source, week_start, member_id, 'poll' AS play, 'at_risk: ...' AS reason,
    row_number() OVER places % 10 = 0 AS is_holdout, row_number() OVER places AS value_rank, 7 AS active_weeks, status,
    silence_weeks
    FROM reports.member_week_status WHERE status IN ('at_risk', 'churned')
    WINDOW places AS (PARTITION BY source, week_start ORDER BY member_id);
CREATE TABLE reports.list_removal AS SELECT source, week_start, member_id, status, CAST(0.5 AS DOUBLE) AS score,
    row_number() OVER (PARTITION BY source, week_start ORDER BY member_id) AS place, tenure_days, silence_weeks,
    CAST(week_start AS TIMESTAMP) - INTERVAL 150 DAY AS last_seen_at,
    CAST(week_start AS TIMESTAMP) - INTERVAL 400 DAY AS last_ordered_at
    FROM reports.member_week_status WHERE status = 'churned';
CREATE TABLE reports.report_winback_lift AS SELECT source, week_start, week_start - 28 AS list_week, lists, play,
    1200 AS listed, 1000 AS contacted, 110 AS holdout, 300 AS reactivated_contacted, 11 AS reactivated_holdout,
    CAST(0.3 AS DOUBLE) AS rate_contacted, CAST(0.1 AS DOUBLE) AS rate_holdout, CAST(0.2 AS DOUBLE) AS difference,
    CAST(0.12 AS DOUBLE) AS low, CAST(0.25 AS DOUBLE) AS high, 'effect' AS verdict, 5 AS holdout_contacted,
    1 AS do_not_contact
    FROM grid CROSS JOIN (SELECT unnest([1, 12]) AS lists) CROSS JOIN (SELECT unnest(['all', 'offer']) AS play)
    WHERE n >= 5;
"""

AT_RISK = "source = 'forum' AND member_id = 'forum:3at_risk'"
GONE = "source = 'forum' AND member_id = 'forum:3churned'"
OFFER = "source = 'forum' AND play = 'offer' AND lists = 12"


def listed(assignments: str) -> str:
    """A change of one row of the win-back list."""
    return change("list_winback", assignments, AT_RISK)


def removable(assignments: str) -> str:
    """A change of one row of the removal list."""
    return change("list_removal", assignments, GONE)


def lift(assignments: str) -> str:
    """A change of one play's row."""
    return change("report_winback_lift", assignments, OFFER)


DEFECTS = {
    "list_winback": {
        "keys_present": copy("list_winback", "NULL AS source", AT_RISK),
        "key_unique": "UPDATE reports.list_winback SET member_id = 'forum:4at_risk'"
        f" WHERE week_start = $w AND {AT_RISK}; {delete('member_week_status', AT_RISK)}",
        "values_present": listed("play = NULL"),
        "status_known": listed("status = 'quiet'"),
        "do_not_contact_respected": "INSERT INTO canonical.int_do_not_contact SELECT 'forum', 'forum:x';"
        + copy("list_winback", "'forum:x' AS member_id, 31 AS value_rank", AT_RISK)
        + copy("member_week_status", "'forum:x' AS member_id", AT_RISK),
        "status_matches_members": listed("status = 'churned'"),
        "at_risk_are_listed": delete("list_winback", "source = 'forum' AND value_rank = 15")
        + change("list_winback", "value_rank = value_rank - 1", "source = 'forum' AND value_rank > 15"),
        "ranks_follow_value": listed("active_weeks = 8"),
        "holdout_share_plausible": """
            INSERT INTO reports.list_winback SELECT source, week_start, 'forum:y' || i, play, reason, true,
                30 + i, 7, 'never_active', 3 FROM reports.list_winback, range(1, 81) AS r(i)
            WHERE week_start = $w AND source = 'forum' AND value_rank = 1;
            INSERT INTO reports.member_week_status (source, member_id, week_start, status)
            SELECT 'forum', 'forum:y' || i, $w, 'never_active' FROM range(1, 81) AS r(i);""",
    },
    "list_removal": {
        "keys_present": copy("list_removal", "NULL AS source", GONE),
        "key_unique": removable("member_id = 'forum:4churned'"),
        "values_present": removable("score = NULL"),
        "score_in_range": change("list_removal", "score = 1.5", "source = 'forum' AND place = 15"),
        "silent_for_long": removable("silence_weeks = 19"),
        "unseen_for_long": removable("last_seen_at = week_start - INTERVAL 100 DAY"),
        "there_for_long": removable("tenure_days = 20"),
        "no_late_purchase": removable("last_ordered_at = week_start - INTERVAL 300 DAY"),
        "members_only": removable("member_id = 'forum:nobody'"),
        "places_follow_score": change("list_removal", "score = 0.9", "source = 'forum' AND place = 1"),
    },
    "report_winback_lift": {
        "keys_present": copy("report_winback_lift", "NULL AS source", OFFER),
        "key_unique": copy("report_winback_lift", "source AS source", OFFER),
        "values_present": lift("do_not_contact = NULL"),
        "counts_not_negative": lift("do_not_contact = -1"),
        "verdict_known": lift("verdict = 'great'"),
        "groups_within_listed": lift("listed = 1100"),
        "reactivated_within_groups": lift(
            "reactivated_holdout = 111, rate_holdout = 111 / 110, difference = 0.3 - 111 / 110"
        )
        + lift("low = difference - 0.1, high = difference + 0.1, verdict = 'adverse_effect'"),
        "rates_match_counts": lift("rate_holdout = 0.2"),
        "interval_holds_difference": lift("low = 0.21"),
        "verdict_follows_interval": lift("verdict = 'no_effect_seen'"),
        "plays_add_up": change(
            "report_winback_lift", "listed = 1201", "source = 'forum' AND play = 'all' AND lists = 1"
        ),
    },
}
