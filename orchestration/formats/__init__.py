"""The registry of formats: one line each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from orchestration.formats.base import Format

MODULES = {
    "slack": "orchestration.formats.slack",
    "zulip": "orchestration.formats.zulip",
    "discord": "orchestration.formats.discord",
    "discourse": "orchestration.formats.discourse",
    "stackexchange": "orchestration.formats.stackexchange",
    "telegram": "orchestration.formats.telegram",
    "mastodon": "orchestration.formats.mastodon",
    "whatsapp": "orchestration.formats.whatsapp",
    "table": "orchestration.formats.table",
    "shopify_orders": "orchestration.formats.shopify_orders",
    "stripe_payments": "orchestration.formats.stripe_payments",
    "orders": "orchestration.formats.orders",
    "meta_insights": "orchestration.formats.meta_insights",
    "youtube_reports": "orchestration.formats.youtube_reports",
    "x_analytics": "orchestration.formats.x_analytics",
    "linkedin_pages": "orchestration.formats.linkedin_pages",
    "outreach": "orchestration.formats.outreach",
    "surveys": "orchestration.formats.surveys",
}


def names() -> tuple[str, ...]:
    """Every format that a config may name."""
    return tuple(MODULES)


@cache
def get(name: str) -> Format:
    """The format of that name; raises KeyError for an unknown one."""
    return import_module(MODULES[name]).FORMAT


def raw_tables() -> dict[str, dict[str, str]]:
    """Every raw table of every format: its columns and their DuckDB types."""
    return {table: columns for name in names() for table, columns in get(name).tables.items()}
