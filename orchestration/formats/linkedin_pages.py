"""LinkedIn pages: posts, and what each came to so far."""

from __future__ import annotations

from orchestration.formats.page_statistics import Layout, PageStatistics, unused

_SYNCED = ("_fivetran_synced",)


class LinkedinPages(PageStatistics):
    """Format `linkedin_pages`."""

    name = "linkedin_pages"
    layouts = (
        Layout(
            frozenset({"_organization_entity_urn", "_share_entity_urn", "impression_count"}),
            {"account": ("_organization_entity_urn",), "content": ("_share_entity_urn",), "as_of": _SYNCED},
            {
                "reach": ("unique_impressions_count",),
                "views": ("impression_count",),
                "reactions": ("like_count",),
                "replies": ("comment_count",),
                "shares": ("share_count",),
                "clicks": ("click_count",),
            },
        ),
        Layout(
            frozenset({"id", "author", "first_published_at", "lifecycle_state"}),
            {
                "account": ("author",),
                "content": ("id",),
                # What was never published bears no instant but that of its making.
                "posted_at": ("first_published_at", "created_time"),
                "parent": ("response_context_parent",),
            },
            unseen={"lifecycle_state": ("draft", "publish_requested", "publish_failed")},
        ),
        Layout(
            frozenset({"post_id", "type", "media_id"}),
            {"content": ("post_id",), "content_type": ("type",), "as_of": _SYNCED},
        ),
        Layout(
            frozenset({"share_id", "type", "media_id"}),
            {"content": ("share_id",), "content_type": ("type",), "as_of": _SYNCED},
        ),
        Layout(
            frozenset({"date", "organization_id", "follower_count"}),
            {"account": ("organization_id",), "day": ("date",)},
            {"followers": ("follower_count",)},
            is_total=True,
        ),
        # Which post belongs to which page, and which statistic to which post: the other files say so themselves.
        unused("organization_id", "share_id"),
        unused("organiation_id", "ugc_post_id"),
        unused("share_id", "share_statistic_id"),
        unused("share_statistic_id", "ugc_post_id"),
        unused("id", "organization_status", "vanity_name"),
    )


FORMAT = LinkedinPages()
