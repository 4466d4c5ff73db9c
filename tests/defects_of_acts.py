"""Pyramid, mix, heatmap, conversation and content: their good rows, and a defect for each check of their suites."""

from tests.defect_sql import change, copy, delete

# Figures that fit those of `report_activity` in the good warehouse: 100 members, 40 active, 100 interactions.
GOOD_ROWS = """
CREATE TABLE reports.report_pyramid AS SELECT source, week_start, tier, members, members / 100 AS share
    FROM grid JOIN (VALUES (true, 'creator', 25), (true, 'contributor', 15), (true, 'lurker', 30), (true, 'absent', 30),
            (false, 'creator', 25), (false, 'contributor', 15), (false, 'silent', 60))
        AS t(sees_views, tier, members) ON sees_views = (source <> 'forum');
CREATE TABLE reports.report_interaction_mix AS
    SELECT source, week_start, participation, expression, audience, interactions, members
    FROM grid JOIN (VALUES ('active', 'verbal', 'group', 60, 25), ('active', 'verbal', 'individual', 20, 20),
            ('active', 'non-verbal', 'individual', 20, 10), ('active', 'non-verbal', 'group', 0, 0),
            ('passive', 'non-verbal', 'group', 500, 50))
        AS k(participation, expression, audience, interactions, members)
        ON participation = 'active' OR source <> 'forum';
CREATE TABLE reports.report_heatmap AS SELECT source, week_start, CAST(d AS INTEGER) AS iso_weekday,
    CAST(h AS INTEGER) AS "hour", if(d <= 5 AND h BETWEEN 8 AND 11, 5, 0) AS interactions,
    if(d <= 5 AND h BETWEEN 8 AND 11, 4, 0) AS active_members
    FROM grid CROSS JOIN range(1, 8) AS days(d) CROSS JOIN range(24) AS hours(h);
CREATE TABLE reports.report_conversation AS SELECT source, week_start, 3 AS official_posts, 1 AS official_replies,
    CAST(0.75 AS DOUBLE) AS broadcast_share, 40 AS threads, 30 AS answered_24h,
    CAST(0.75 AS DOUBLE) AS answered_24h_rate, 10 AS answered_by_official_24h,
    CAST(20 AS DOUBLE) AS median_first_response_minutes, CAST(50 AS DOUBLE) AS p90_first_response_minutes,
    10 AS unanswered, 20 AS two_way_members, CAST(0.5 AS DOUBLE) AS two_way_share FROM grid;
CREATE TABLE reports.report_content AS SELECT source, week_start, content_type, posts, reactions, replies, shares,
    CASE WHEN source <> 'forum' THEN 250 END AS views, (reactions + replies + shares) / nullif(posts, 0)
        AS engagement_per_post
    FROM grid CROSS JOIN (VALUES ('text', 70, 30, 12, 0), (NULL, 0, 5, 2, 1))
        AS t(content_type, posts, reactions, replies, shares);
"""


def tier(name: str, assignments: str) -> str:
    """A change of one of the forum's tiers."""
    return change("report_pyramid", assignments, f"source = 'forum' AND tier = '{name}'")


CONTRIBUTORS = "source = 'forum' AND tier = 'contributor'"
POSTS = "source = 'forum' AND expression = 'verbal' AND audience = 'group'"
NOBODYS = "source = 'forum' AND expression = 'non-verbal' AND audience = 'group'"
EMPTY_HOUR = "source = 'forum' AND iso_weekday = 7 AND \"hour\" = 3"
BUSY_HOUR = "source = 'forum' AND iso_weekday = 1 AND \"hour\" = 8"
TEXT = "source = 'forum' AND content_type = 'text'"
UNKNOWN = "source = 'forum' AND content_type IS NULL"

DEFECTS = {
    "report_pyramid": {
        "rows_exist": delete("report_pyramid"),
        "keys_present": copy("report_pyramid", "NULL AS tier, 0 AS members, 0 AS share", CONTRIBUTORS),
        "key_unique": copy("report_pyramid", "0 AS members, 0 AS share", CONTRIBUTORS),
        "values_present": tier("contributor", "members = NULL"),
        "counts_not_negative": tier("contributor", "members = -1, share = 0")
        + tier("creator", "members = 41, share = 0.41"),
        "shares_in_range": tier("contributor", "share = 1.5"),
        "tier_known": copy("report_pyramid", "'elder' AS tier, 0 AS members, 0 AS share", CONTRIBUTORS),
        "tiers_complete": delete("report_pyramid", CONTRIBUTORS) + tier("creator", "members = 40, share = 0.4"),
        "members_match_activity": tier("silent", "members = 61, share = 0.61"),
        "active_matches_activity": tier("contributor", "members = 16, share = 0.16")
        + tier("silent", "members = 59, share = 0.59"),
        "shares_match_members": tier("contributor", "share = 0.5"),
        "members_plausible": tier("creator", "members = 6, share = 0.06")
        + tier("contributor", "members = 34, share = 0.34"),
    },
    "report_interaction_mix": {
        "rows_exist": delete("report_interaction_mix"),
        "keys_present": copy("report_interaction_mix", "NULL AS audience", NOBODYS),
        "key_unique": copy("report_interaction_mix", "audience AS audience", NOBODYS),
        "values_present": change("report_interaction_mix", "interactions = NULL", NOBODYS),
        "counts_not_negative": change("report_interaction_mix", "interactions = -1", NOBODYS)
        + change("report_interaction_mix", "interactions = 61", POSTS),
        "participation_known": copy("report_interaction_mix", "'idle' AS participation", NOBODYS),
        "expression_known": copy("report_interaction_mix", "'sung' AS expression", NOBODYS),
        "audience_known": copy("report_interaction_mix", "'nobody' AS audience", NOBODYS),
        "members_within_interactions": change("report_interaction_mix", "members = 1", NOBODYS),
        "interactions_match_activity": change("report_interaction_mix", "interactions = 61", POSTS),
        "views_match_activity": change(
            "report_interaction_mix", "interactions = 501", "source = 'slack' AND participation = 'passive'"
        ),
        "members_within_active": change("report_interaction_mix", "members = 41", POSTS),
    },
    "report_heatmap": {
        "rows_exist": delete("report_heatmap"),
        "keys_present": copy("report_heatmap", "NULL AS iso_weekday", EMPTY_HOUR),
        "key_unique": copy("report_heatmap", "source AS source", EMPTY_HOUR),
        "values_present": change("report_heatmap", "interactions = NULL", EMPTY_HOUR),
        "counts_not_negative": change("report_heatmap", "interactions = -1", EMPTY_HOUR)
        + change("report_heatmap", "interactions = 6", BUSY_HOUR),
        "weekday_in_range": copy("report_heatmap", "8 AS iso_weekday", EMPTY_HOUR),
        "hour_in_range": copy("report_heatmap", '24 AS "hour"', EMPTY_HOUR),
        "cells_complete": delete("report_heatmap", EMPTY_HOUR),
        "members_within_interactions": change("report_heatmap", "active_members = 1", EMPTY_HOUR),
        "interactions_match_activity": change("report_heatmap", "interactions = 6", BUSY_HOUR),
        "members_within_active": change("report_heatmap", "interactions = 45, active_members = 41", BUSY_HOUR)
        + change(
            "report_heatmap", "interactions = 0, active_members = 0", "source = 'forum' AND iso_weekday IN (4, 5)"
        ),
        "hours_told_apart": change("report_heatmap", "interactions = 0, active_members = 0")
        + change(
            "report_heatmap",
            "interactions = 20, active_members = 8",
            "source = 'forum' AND iso_weekday <= 5 AND \"hour\" = 0",
        ),
    },
    "report_conversation": {
        "rows_exist": delete("report_conversation"),
        "keys_present": copy("report_conversation", "NULL AS source"),
        "key_unique": copy("report_conversation", "source AS source"),
        "sources_match_activity": delete("report_conversation", "source = 'forum'"),
        "values_present": change("report_conversation", "official_posts = NULL, broadcast_share = NULL"),
        "counts_not_negative": change("report_conversation", "official_posts = -1, broadcast_share = NULL"),
        "rates_in_range": change("report_conversation", "two_way_share = 1.5"),
        "rates_null_when_undefined": change("report_conversation", "two_way_share = NULL"),
        "rates_match_counts": change("report_conversation", "two_way_share = 0.6"),
        "unobserved_is_null": change("report_conversation", "answered_by_official_24h = NULL"),
        "threads_add_up": change("report_conversation", "unanswered = 11"),
        "officials_within_answered": change("report_conversation", "answered_by_official_24h = 31"),
        "times_fit_answers": change("report_conversation", "p90_first_response_minutes = NULL"),
        "times_within_a_day": change("report_conversation", "p90_first_response_minutes = 1500"),
        "threads_plausible": change("report_conversation", "threads = 200, answered_24h = 150, unanswered = 50"),
    },
    "report_content": {
        "keys_present": copy("report_content", "NULL AS source", UNKNOWN),
        "key_unique": copy("report_content", "0 AS reactions, 0 AS replies, 0 AS shares, 1 AS views", UNKNOWN),
        "values_present": change("report_content", "shares = NULL", TEXT),
        "counts_not_negative": change("report_content", "views = -1", TEXT),
        "rows_hold_something": copy(
            "report_content", "'poll' AS content_type, 0 AS reactions, 0 AS replies, 0 AS shares", UNKNOWN
        ),
        "per_post_matches_counts": change("report_content", "engagement_per_post = 0.7", TEXT),
        "posts_cover_activity": change("report_content", "posts = 50, engagement_per_post = 0.84", TEXT),
        "engagement_matches_activity": change("report_content", "reactions = 31, engagement_per_post = 43 / 70", TEXT),
        "engagement_plausible": change("report_content", "reactions = 300, engagement_per_post = 312 / 70", TEXT)
        + change("report_activity", "engagement_rate = 3.2"),
    },
}
