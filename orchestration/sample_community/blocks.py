"""Slack's second copy of a text: the same words as rich text blocks."""

import html
import re

from orchestration.sample_community.texts import EMOJI

_MARK = re.compile(
    r"<@(?P<user>U\w+)>|<(?P<url>https?://[^|>]+)(?:\|(?P<label>[^>]+))?>|:(?P<emoji>[a-z0-9_+-]+):|`(?P<code>[^`]+)`"
)


def rich_text(text: str, block_id: str) -> list[dict]:
    """The blocks of a message: mentions, links, emoji and code as elements of their own."""
    elements: list[dict] = []
    position = 0
    for mark in _MARK.finditer(text):
        if mark["emoji"] and mark["emoji"] not in EMOJI:
            continue
        if mark.start() > position:
            elements.append({"type": "text", "text": html.unescape(text[position : mark.start()])})
        elements.append(_element(mark))
        position = mark.end()
    if position < len(text):
        elements.append({"type": "text", "text": html.unescape(text[position:])})
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": block_id, "elements": [section]}]


def _element(mark: re.Match) -> dict:
    if mark["user"]:
        return {"type": "user", "user_id": mark["user"]}
    if mark["url"]:
        link = {"type": "link", "url": mark["url"]}
        return link | {"text": mark["label"]} if mark["label"] else link
    if mark["emoji"]:
        return {"type": "emoji", "name": mark["emoji"], "unicode": EMOJI[mark["emoji"]]}
    return {"type": "text", "text": mark["code"], "style": {"code": True}}
