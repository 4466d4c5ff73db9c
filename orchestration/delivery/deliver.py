"""What is sent, when, and once: the newest published week by each way, and weeks that were withheld by the webhook.

A backfill of a hundred weeks is one message, of the last. A week that was told is not told again when a later run
changes it: its page and the table of editions say so. What was sent is kept in `<home>/delivered.jsonl`, written after
sending: a run that is killed between the two sends again rather than never.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from orchestration import gate, warehouse
from orchestration.delivery.errors import NotDelivered
from orchestration.home import Home

if TYPE_CHECKING:
    from orchestration.config import Config
    from orchestration.delivery.digest import Digest

_REASONS_TOLD = 5
_AND_NOW = "The next run tries again; what is published stays published."
Say = Callable[[str], None]


def deliver(config: Config, home: Home, withheld: Sequence[gate.Verdict], say: Say) -> list[str]:
    """Sends what was not sent yet, by the ways that the config has.

    Args:
        withheld: the weeks that the run could not publish, with what failed.
        say: called with a sentence for each message that was sent.

    Returns:
        What could not be sent, a sentence each, with what to do. Nothing is raised: the weeks are published.
    """
    problems = []
    for way, what, send in _due(config, home, withheld):
        try:
            incomplete = send()
            _remember(home, way, what)
        except NotDelivered as error:
            problems.append(f"{error} {_AND_NOW}")
            continue
        except Exception as error:  # a chart that cannot be drawn, a full disk: the week is published, whatever it is
            problems.append(f"{way}: {what} could not be made or noted: {type(error).__name__}: {error}. {_AND_NOW}")
            continue
        say(f"{way}: sent ({what}).")
        if incomplete:
            problems.append(incomplete)
    return problems


def _due(
    config: Config, home: Home, withheld: Sequence[gate.Verdict]
) -> Iterator[tuple[str, str, Callable[[], str | None]]]:
    """Each message to send: by which way, of what, and how."""
    if config.mail is None and config.webhook is None:
        return
    from orchestration.delivery import mail, webhook

    sent = _sent(home)
    newest = _newest_week(home)

    @cache
    def digest() -> Digest:
        from orchestration.delivery.digest import read

        return read(config, home, newest)

    if newest and config.mail and ("mail", f"week {newest}") not in sent:
        yield "mail", f"week {newest}", lambda: mail.send(config.mail, digest())
    if newest and config.webhook and ("webhook", f"week {newest}") not in sent:
        yield "webhook", f"week {newest}", lambda: webhook.send(config.webhook, webhook.of_week(digest()))
    if withheld and config.webhook:
        reasons = [f"{check.week_start}: {gate.told(check)}" for verdict in withheld for check in verdict.failed]
        weeks = sorted(verdict.week_start for verdict in withheld)
        what = f"withheld {', '.join(map(str, weeks[-3:]))} {hashlib.sha256(repr(reasons).encode()).hexdigest()[:12]}"
        if ("webhook", what) not in sent:
            message = webhook.of_withheld(config, weeks, reasons[:_REASONS_TOLD], len(reasons))
            yield "webhook", what, lambda: webhook.send(config.webhook, message)


def _newest_week(home: Home) -> Any:
    weeks = warehouse.published_weeks(home)
    return max(weeks) if weeks else None


def _sent(home: Home) -> set[tuple[str, str]]:
    """What was sent; a line that a killed run wrote half of, or that is damaged, does not count."""
    found = set()
    told = home.delivered.read_text(encoding="utf-8", errors="replace") if home.delivered.exists() else ""
    for line in told.splitlines():
        try:
            entry = json.loads(line)
            found.add((entry["by"], entry["what"]))
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _remember(home: Home, way: str, what: str) -> None:
    entry = {"by": way, "what": what, "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"}
    with home.delivered.open("a+", encoding="utf-8", errors="replace") as out:
        # A line that was cut off stays alone on its line.
        out.seek(0)
        so_far = out.read()
        out.write(("\n" if so_far and not so_far.endswith("\n") else "") + json.dumps(entry) + "\n")
        out.flush()
        os.fsync(out.fileno())
