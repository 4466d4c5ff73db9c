"""A message to a webhook, as Slack takes it: `text` for notifications, `blocks` for the message. Others read `text`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestration.delivery.errors import NotDelivered, secret

if TYPE_CHECKING:
    from orchestration.config import Config, Webhook
    from orchestration.delivery.digest import Digest

_SECONDS = 30
# Slack takes 3,000 characters a block.
_BLOCK_CHARACTERS = 2900


def of_week(digest: Digest) -> dict[str, Any]:
    """The message of a published week: its lead and headlines."""
    lines = [f"{headline.mark} {headline.text}" for headline in digest.headlines]
    return _message(digest.title, [part for part in (digest.lead, "\n".join(lines), digest.page) if part])


def of_withheld(config: Config, weeks: Sequence[date], reasons: Sequence[str], all_reasons: int) -> dict[str, Any]:
    """The message of weeks that were withheld, and why; in English, as everything that operators read."""
    which = f"week of {weeks[0]}" if len(weeks) == 1 else f"{len(weeks)} weeks, {weeks[0]} to {weeks[-1]}"
    lines = [f"• {reason}" for reason in reasons]
    if all_reasons > len(reasons):
        lines.append(f"… and {all_reasons - len(reasons)} more.")
    told = ["What was published of it before stays as it was. Why:", "\n".join(lines) or "• its checks were not run"]
    return _message(f"{config.community.name} · withheld: {which}", told)


def send(settings: Webhook, message: dict[str, Any]) -> None:
    """Posts a message.

    Raises:
        NotDelivered: the URL is not set or none, nobody answers, or the answer is an error.
    """
    url = secret(settings.url, "webhook.url")
    parts = urlsplit(url)
    # The URL is the secret: of it only the host may be told.
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise NotDelivered(f"webhook.url: what {settings.url.removeprefix('env:')} holds is no http(s) URL.")
    request = urllib.request.Request(
        url, json.dumps(message).encode(), {"Content-Type": "application/json", "User-Agent": "stillhere"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        raise NotDelivered(
            f"webhook: {parts.hostname} answered {error.code} {error.reason}. Check that the webhook still exists."
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or type(error).__name__
        raise NotDelivered(f"webhook: {parts.hostname} cannot be reached: {why}.") from None


def _message(title: str, parts: Sequence[str]) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:150], "emoji": False}}
    ]
    blocks += [
        {"type": "section", "text": {"type": "mrkdwn", "text": escaped(part)[:_BLOCK_CHARACTERS]}} for part in parts
    ]
    return {"text": "\n".join(escaped(part) for part in (title, *parts)), "blocks": blocks}


def escaped(text: str) -> str:
    """Text in which nothing is markup, a link or a mention of everybody: names come from strangers."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
