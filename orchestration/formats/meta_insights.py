"""Facebook pages and Instagram business accounts: page insights by day, posts, and what they came to so far."""

from __future__ import annotations

from orchestration.formats.page_statistics import Layout, PageStatistics, unused

_SYNCED = ("_fivetran_synced",)


class MetaInsights(PageStatistics):
    """Format `meta_insights`."""

    name = "meta_insights"
    layouts = (
        Layout(
            frozenset({"date", "page_id", "page_impressions"}),
            {"account": ("page_id",), "day": ("date",)},
            {
                "followers": ("page_follows", "page_fans"),
                "followers_gained": ("page_daily_follows_unique", "page_fan_adds"),
                "followers_lost": ("page_daily_unfollows_unique", "page_fan_removes"),
                "reach": ("page_impressions_unique",),
                "views": ("page_impressions", "page_media_view"),
                "engagements": ("page_post_engagements",),
            },
            is_total=True,
        ),
        Layout(
            frozenset({"date", "post_id", "post_impressions"}),
            {"content": ("post_id",), "as_of": ("date",)},
            {
                "reach": ("post_impressions_unique",),
                "views": ("post_impressions", "post_media_view"),
                "clicks": ("post_clicks",),
            },
            {
                "reactions": tuple(
                    f"post_reactions_{kind}_total" for kind in ("like", "love", "wow", "haha", "sorry", "anger")
                )
            },
        ),
        Layout(
            frozenset({"id", "created_time", "page_id"}),
            {
                "account": ("page_id",),
                "content": ("id",),
                "posted_at": ("created_time",),
                "content_type": ("status_type",),
                "as_of": _SYNCED,
            },
            {"shares": ("share_count",)},
            unseen={"is_published": ("false", "f", "no", "0"), "is_hidden": ("true", "t", "yes", "1")},
        ),
        Layout(
            frozenset({"id", "created_time", "media_type", "user_id"}),
            {
                "account": ("user_id",),
                "content": ("id",),
                "posted_at": ("created_time",),
                "content_type": ("media_type",),
            },
        ),
        # A medium is one of these kinds; the columns of the others are empty or 0.
        Layout(
            frozenset({"id", "like_count", "comment_count", "video_photo_reach"}),
            {"content": ("id",), "as_of": _SYNCED},
            {
                "reach": ("video_photo_reach", "carousel_album_reach", "reel_reach", "story_reach"),
                "views": (
                    "video_photo_views",
                    "carousel_album_views",
                    "reel_views",
                    "story_views",
                    "video_photo_impressions",
                ),
                "reactions": ("like_count",),
                "replies": ("comment_count",),
                "shares": ("video_photo_shares", "carousel_album_shares", "reel_shares", "story_shares"),
            },
        ),
        Layout(
            frozenset({"id", "followers_count", "username"}),
            {"account": ("id",), "as_of": _SYNCED},
            {"followers": ("followers_count",)},
        ),
        Layout(frozenset({"id", "fan_count"}), {"account": ("id",), "as_of": _SYNCED}, {"followers": ("fan_count",)}),
        unused("id", "updated_at", "business_id", "timezone"),
    )


FORMAT = MetaInsights()
