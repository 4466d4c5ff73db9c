"""A small community with exports of many formats, and one person in all of them who wants to be erased.

Wil goes by names and ids that occur nowhere else, so that every file of a home can be searched for them. One name is
one that SQL, JSON and a path would stumble over.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.home import Home
from tests.exports_in import telegram_export, whatsapp_export, zulip_export
from tests.exports_in.slack_export import message, user

WEEKS = 8
MONDAY = datetime(2024, 1, 1, 12, tzinfo=UTC)
SLACK_ID, EMAIL, ZULIP_NAME, PHONE_NAME, TELEGRAM_ID = (
    "U0WILQUUX",
    "quux@wil.example",
    "Wil Zquux",
    "Wil Pquux",
    "user7799777",
)
SLACK_NAME = """Wil "Squux'; drop table x;--/../\\"""
TELEGRAM_NAME = f"Name of {TELEGRAM_ID}"
PERSON = "the-quux"
# What is nowhere in a home after Wil is erased.
TERMS = (SLACK_ID, EMAIL, "Zquux", "Pquux", "Squux", TELEGRAM_ID, PERSON)
ACCOUNTS = {
    "slack": SLACK_ID,
    "forum": EMAIL,
    "shop": EMAIL,
    "archive": ZULIP_NAME,
    "phones": PHONE_NAME,
    "telegram": TELEGRAM_ID,
}

CONFIG = """
[community]
name = "Erasable"
timezone = "Europe/Berlin"
identities = "identities.csv"
bots = ["slack:U0BOT"]
do_not_contact = ["slack:U3"]

[publish]
member_names = "name"

[thresholds]
at_risk_after_weeks = 2
churned_after_weeks = 4

[winback]
holdout_share = 0.0

[[sources]]
name = "slack"
format = "slack"
path = "exports/slack"

[[sources]]
name = "forum"
format = "table"
path = "exports/forum"
type = "post"
[sources.columns]
member = "who"
at = "at"
target = "to"
[sources.members]
file = "members.csv"
member = "who"
name = "name"

[[sources]]
name = "shop"
format = "orders"
path = "exports/shop"
currency = "EUR"
[sources.columns]
order_id = "id"
member = "who"
at = "at"
amount = "total"

[[sources]]
name = "archive"
format = "zulip"
path = "exports/archive"

[[sources]]
name = "phones"
format = "whatsapp"
path = "exports/phones"

[[sources]]
name = "telegram"
format = "telegram"
path = "exports/telegram"

[[sources]]
name = "letters"
format = "outreach"
path = "exports/letters"

[[sources]]
name = "polls"
format = "surveys"
path = "exports/polls"
survey_id = "s1"
question = "How likely?"
kind = "nps"
members_of = "slack"
[sources.columns]
member = "who"
value = "answer"
answered_at = "at"
"""


def write(folder: Path, weeks: int = WEEKS) -> Path:
    """Writes the community into a folder; returns its config."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "stillhere.toml"
    config.write_text(CONFIG, encoding="utf-8")
    people = "".join(f"{PERSON},{source},{native_id}\n" for source, native_id in ACCOUNTS.items())
    (folder / "identities.csv").write_text(f"person,source,native_id\nann-person,slack,U1\n{people}", encoding="utf-8")
    add_weeks(folder, 0, weeks)
    return config


def add_weeks(folder: Path, first: int, last: int) -> None:
    """Writes exports of the weeks from one to another, counted from 0; lists and chats hold all weeks up to then.

    Wil writes until the fourth week, and stands on the lists of those who fell silent then.
    """
    exports = folder / "exports"
    for week in range(first, last):
        _slack_week(exports / "slack", week)
    users = [user(f"U{n}", f"Name {n}") for n in range(1, 7)] + [user(SLACK_ID, SLACK_NAME)]
    _put(exports / "slack/users.json", users)
    days = [MONDAY + timedelta(weeks=week) for week in range(last)]
    early = days[:4]
    rows = [f"forum{n},{at:%Y-%m-%dT%H:%M:%SZ},{EMAIL}" for n in (1, 2, 3) for at in days]
    rows += [f"{EMAIL},{at:%Y-%m-%dT%H:%M:%SZ},forum1" for at in early]
    _put(exports / "forum/posts.csv", "who,at,to\n" + "\n".join(rows) + f"\n{EMAIL},not an instant,forum1\n")
    _put(exports / "forum/members.csv", f"who,name\nforum1,One\nforum2,Two\nforum3,Three\n{EMAIL},{ZULIP_NAME}\n")
    bought = [
        f"{n}{week},{who},{at:%Y-%m-%d},{n}0"
        for week, at in enumerate(early)
        for n, who in ((1, "shopper"), (2, EMAIL))
    ]
    _put(exports / "shop/orders.csv", "id,who,at,total\n" + "\n".join(bought) + "\n")
    said = [
        zulip_export.message(100 * n + week, name, int(at.timestamp()) + n)
        for week, at in enumerate(days)
        for n, name in ((1, "Ann"), (2, ZULIP_NAME), (3, "Ben"))
        if n != 2 or week < 4
    ]
    _put(exports / "archive" / zulip_export.topic_file("1-general", "hello"), said)
    _put(exports / "archive/stream_index.json", {"streams": {"general": {"id": 1, "topic_data": {}}}})
    _phones(exports / "phones", days, early)
    _telegram(exports / "telegram", days, early)
    _put(exports / "letters/log.csv", f"member,contacted_at\nslack:{SLACK_ID},2024-02-06\nslack:U2,2024-02-06\n")
    _put(exports / "polls/answers.csv", f"who,answer,at\n{SLACK_ID},3,2024-01-09\nU1,9,2024-01-09\nU2,10,2024-01-10\n")


def leave_traces(home: Home) -> None:
    """What killed runs leave behind in a home, and what a failed check tells the logs."""
    home.published.with_name(f"{home.published.name}.part").write_text(f"half of {SLACK_ID}", encoding="utf-8")
    fetched = home.remote / "slack" / "0123"
    fetched.parent.mkdir(parents=True)
    fetched.write_text(f"fetched, not loaded: {SLACK_ID}", encoding="utf-8")
    (home.dagster / "told.log").write_text(f"source=slack member_id=slack:{SLACK_ID}", encoding="utf-8")


def _slack_week(folder: Path, week: int) -> None:
    """Two days of a week: everybody writes, Wil in the first four weeks; Wil is answered and reacts all the time."""
    at = int((MONDAY + timedelta(weeks=week)).timestamp())
    writers = ["U1", "U2", "U3", "U4"] + (["U5", "U6", SLACK_ID] if week < 4 else [])
    said = [message(f"{at + n}.000100", who) for n, who in enumerate(writers)]
    reactions = [{"name": "tada", "users": [SLACK_ID, "U2"], "count": 2}] if week < 4 else []
    said[0]["reactions"] = [*reactions, {"name": "wave", "users": ["U3"], "count": 1}]
    reply = message(f"{at + 60}.000200", "U1", thread_ts=f"{at + len(writers) - 1}.000100", parent_user_id=SLACK_ID)
    _put(folder / f"general/{MONDAY + timedelta(weeks=week):%Y-%m-%d}.json", [*said, reply])
    _put(
        folder / f"random/{MONDAY + timedelta(weeks=week, days=2):%Y-%m-%d}.json",
        [message(f"{at + 172800}.000300", "U2")],
    )


def _phones(folder: Path, days: list[datetime], early: list[datetime]) -> None:
    """A group to which Wil is added, and a chat with Wil that is named after Wil."""
    lines = ""
    for at in days:
        said = [f"{who}: hello" for who in ("Pia", "Pat", *([PHONE_NAME] if at in early else []))]
        said += [f"Pia added {PHONE_NAME}", f"Pia added {PHONE_NAME} and Pit"] if at == early[-1] else []
        lines += "".join(whatsapp_export.line(at, one) for one in said)
    _put(folder / "WhatsApp Chat with Friends.txt", lines)
    private = "".join(whatsapp_export.line(at, f"{who}: hi") for at in early for who in ("Pia", PHONE_NAME))
    _put(folder / f"WhatsApp Chat with {PHONE_NAME}.txt", private)


def _telegram(folder: Path, days: list[datetime], early: list[datetime]) -> None:
    """A group in which Wil writes, reacts, and is invited by name."""
    wave = telegram_export.reaction("👋", (TELEGRAM_ID, days[0]), ("user2", days[0]), count=3)
    said = [telegram_export.service(1, "invite_members", at=days[0], members=[TELEGRAM_NAME, "Somebody"])]
    said += [
        telegram_export.message(10 * (week + 1) + n, who, at, reactions=[wave] if at in early else [])
        for week, at in enumerate(days)
        for n, who in enumerate(("user1", "user2", *([TELEGRAM_ID] if at in early else [])))
    ]
    _put(folder / "ChatExport_1/result.json", telegram_export.chat(*said))


def _put(path: Path, content: str | list | dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
