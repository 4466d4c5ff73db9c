"""X (Twitter): posts, what they came to by day, and the account's followers."""

from __future__ import annotations

from orchestration.formats.page_statistics import Layout, PageStatistics, unused

_SYNCED = ("_fivetran_synced",)


class XAnalytics(PageStatistics):
    """Format `x_analytics`."""

    name = "x_analytics"
    layouts = (
        Layout(
            frozenset({"date", "new follows", "unfollows", "impressions"}),
            {"account": ("account", "account_id"), "day": ("date",)},
            {
                "followers_gained": ("new follows",),
                "followers_lost": ("unfollows",),
                "views": ("impressions",),
                "engagements": ("engagements",),
            },
            is_total=True,
        ),
        Layout(
            frozenset({"account_id", "date", "organic_tweet_id", "impressions"}),
            {"account": ("account_id",), "content": ("organic_tweet_id",), "day": ("date",)},
            {
                "followers_gained": ("follows",),
                "followers_lost": ("unfollows",),
                "views": ("impressions",),
                "engagements": ("engagements",),
                "reactions": ("likes",),
                "replies": ("replies",),
                "shares": ("retweets",),
                "clicks": ("clicks",),
            },
            slices=("placement",),
        ),
        Layout(
            frozenset({"id", "created_at", "favorite_count", "retweet_count"}),
            {
                "account": ("account_id",),
                "content": ("id",),
                "parent": ("in_reply_to_status_id",),
                "posted_at": ("created_at",),
                "as_of": _SYNCED,
            },
            {"reactions": ("favorite_count",), "shares": ("retweet_count",)},
            unseen={"tweet_type": ("draft", "scheduled")},
        ),
        Layout(
            frozenset({"id", "followers_count", "screen_name"}),
            {"account": ("id",), "as_of": _SYNCED},
            {"followers": ("followers_count",)},
        ),
        unused("id", "approval_status", "timezone_switch_at"),
    )


FORMAT = XAnalytics()
