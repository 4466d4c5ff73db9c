"""YouTube channel reports by day and video, and the list of videos with what they came to so far."""

from __future__ import annotations

from orchestration.formats.page_statistics import Layout, PageStatistics, unused


class YoutubeReports(PageStatistics):
    """Format `youtube_reports`."""

    name = "youtube_reports"
    layouts = (
        Layout(
            frozenset({"date", "channel_id", "video_id", "views", "subscribers_gained"}),
            {"account": ("channel_id",), "content": ("video_id",), "day": ("date",)},
            {
                "followers_gained": ("subscribers_gained",),
                "followers_lost": ("subscribers_lost",),
                "views": ("views",),
                "reactions": ("likes",),
                "replies": ("comments",),
                "shares": ("shares",),
            },
            slices=("country_code", "live_or_on_demand", "subscribed_status"),
        ),
        Layout(
            frozenset({"id", "snippet_channel_id", "snippet_published_at"}),
            {
                "account": ("snippet_channel_id",),
                "content": ("id",),
                "posted_at": ("snippet_published_at",),
                "as_of": ("_fivetran_synced",),
                "content_type": ("kind",),
            },
            {
                "views": ("statistics_view_count",),
                "reactions": ("statistics_like_count",),
                "replies": ("statistics_comment_count",),
            },
            # Unlisted videos are seen by whoever is given their address.
            unseen={"privacy_status": ("private",)},
        ),
        # Who the viewers are, in percentages: no figure of ours.
        unused("date", "channel_id", "age_group", "gender", "views_percentage"),
    )


FORMAT = YoutubeReports()
