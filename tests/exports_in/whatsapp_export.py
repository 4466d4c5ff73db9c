"""Small WhatsApp chats as phones write them; made after what is known of their layouts, not seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

SOURCE = '[[sources]]\nname = "whatsapp"\nformat = "whatsapp"\npath = "exports"\n'
NOTICE = "Messages and calls are end-to-end encrypted. No one outside of this chat, not even WhatsApp, can read them."
MARK = "\u200e"

# How phones write dates: the pattern, and whether the date stands in brackets.
ANDROID_DE = ("%d.%m.%y, %H:%M", False)
ANDROID_US = ("%m/%d/%y, %I:%M\u202f%p", False)
ANDROID_ISO = ("%Y-%m-%d, %H:%M", False)
ANDROID_FR = ("%d/%m/%Y à %H:%M", False)
IPHONE_DE = ("%d.%m.%y, %H:%M:%S", True)
IPHONE_US = ("%m/%d/%y, %I:%M:%S\u202f%p", True)
IPHONE_ISO = ("%Y-%m-%d, %I:%M:%S %p", True)
LAYOUTS = (ANDROID_DE, ANDROID_US, ANDROID_ISO, ANDROID_FR, IPHONE_DE, IPHONE_US, IPHONE_ISO)


def line(at: datetime, said: str, layout: tuple[str, bool] = ANDROID_DE) -> str:
    """A dated line; `said` is "name: text", or a sentence of WhatsApp's own."""
    pattern, in_brackets = layout
    stamp = at.strftime(pattern)
    return f"[{stamp}] {said}\n" if in_brackets else f"{stamp} - {said}\n"


def chat(messages: Iterable[tuple[datetime, str, str]], layout: tuple[str, bool] = ANDROID_DE) -> str:
    """A chat of (instant in the phone's time, name, text)."""
    return "".join(line(at, f"{name}: {text}", layout) for at, name, text in messages)
