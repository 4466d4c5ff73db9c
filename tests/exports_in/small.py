"""A small valid export of each format, for the tests that break them: format -> a function that writes one.

A function takes an empty folder, writes an export into it, and returns the keys of its [[sources]] entry (without name
and path). Two files with rows are best, so that one may be broken and the other still read. A valid export has no row
that is quarantined.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from tests.exports_in import (
    discord_export,
    discourse_export,
    dumps,
    telegram_export,
    whatsapp_export,
    zulip_export,
)
from tests.exports_in.slack_export import files, message


def _write(folder: Path, name: str, content: object) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def slack(folder: Path) -> str:
    """Two days, a member list, a file that carries no figures."""
    reactions = [{"name": "tada", "users": ["U1", "U2"], "count": 2}]
    first = [message(text="wéll"), message("1704110500.000200", "U2", "hi [there] {you}", reactions=reactions)]
    for name, content in (files(*first) | {"general/2024-01-02.json": [message("1704196800.000100")] * 3}).items():
        _write(folder, name, content)
    return 'format = "slack"\n'


def table(folder: Path) -> str:
    """Acts as CSV and as JSON Lines, and a member list."""
    rows = [("ann", "2024-01-01 10:00:00", "post", "é, or ü"), ("ben", "2024-01-02 11:00:00", "reply", 'say "x"')]
    lines = [f'{who},{at},{kind},"{text.replace(chr(34), chr(34) * 2)}"' for who, at, kind, text in rows]
    _write(folder, "one.csv", "who,at,kind,text\n" + "\n".join(lines) + "\n")
    named = [dict(zip(("who", "at", "kind", "text"), row, strict=True)) for row in rows]
    _write(folder, "two.jsonl", "".join(json.dumps(row) + "\n" for row in named))
    _write(folder, "members.csv", "who,joined\nann,2023-01-01\nben,2023-02-01\n")
    return (
        'format = "table"\n[sources.columns]\nmember = "who"\nat = "at"\ntype = "kind"\n'
        '[sources.members]\nfile = "members.csv"\nmember = "who"\njoined_at = "joined"\n'
    )


def orders(folder: Path) -> str:
    """Orders in two files."""
    _write(folder, "one.csv", "id,who,at,total\n1,ann,2024-01-01,10.50\n2,bén,2024-01-02,3\n")
    _write(folder, "two.csv", "id,who,at,total\n3,ann,2024-01-09,7.25\n")
    return (
        'format = "orders"\ncurrency = "EUR"\n[sources.columns]\norder_id = "id"\nmember = "who"\nat = "at"\n'
        'amount = "total"\n'
    )


def zulip(folder: Path) -> str:
    """Two topics as zulip-archive writes them."""
    _write(folder, "stream_index.json", {"streams": {"general": {"id": 1, "topic_data": {}}}})
    _write(folder, zulip_export.topic_file("1-general", "one"), [zulip_export.message(n) for n in (1, 2)])
    _write(folder, zulip_export.topic_file("1-general", "wö"), [zulip_export.message(3, "Bén")])
    return 'format = "zulip"\n'


def discourse(folder: Path) -> str:
    """Two posts and a user."""
    _write(folder, "posts/1.json", discourse_export.post(1))
    _write(folder, "posts/2.json", discourse_export.post(2, post_number=2, user_id=6, username="bén"))
    _write(folder, "users/5.json", discourse_export.user(5))
    return 'format = "discourse"\n'


def discord(folder: Path) -> str:
    """Two channels."""
    reacted = discord_export.message("101", "2", reply_to="100", reactions=[discord_export.reaction("x", "1", "2")])
    _write(folder, "one.json", discord_export.channel(discord_export.message(), reacted))
    _write(folder, "two.json", discord_export.channel(discord_export.message("200"), native_id="11"))
    return 'format = "discord"\n'


def telegram(folder: Path) -> str:
    """Two chats, each in the folder that Telegram makes."""
    messages = [telegram_export.message(1), telegram_export.message(2, "user2", reply_to_message_id=1)]
    _write(folder, "ChatExport_1/result.json", telegram_export.chat(*messages))
    _write(folder, "ChatExport_2/result.json", telegram_export.chat(telegram_export.message(3), native_id=11))
    return 'format = "telegram"\n'


def whatsapp(folder: Path) -> str:
    """Two chats."""
    noon = datetime(2024, 1, 25, 12)
    said = [(noon, "Ann", "hello"), (noon + timedelta(hours=1), "Bén", "wéll")]
    _write(folder, "WhatsApp Chat - One.txt", whatsapp_export.chat(said))
    _write(folder, "WhatsApp Chat - Two.txt", whatsapp_export.chat(said[:1]))
    return 'format = "whatsapp"\n'


def stackexchange(folder: Path) -> str:
    """A whole small dump."""
    for name, content in dumps.site().items():
        _write(folder, name, content)
    return 'format = "stackexchange"\n'


def mastodon(folder: Path) -> str:
    """One account's archive."""
    _write(folder, "outbox.json", dumps.outbox(dumps.note(1), dumps.note(2)))
    _write(folder, "actor.json", dict(dumps.actor()))
    return 'format = "mastodon"\n'


def shopify_orders(folder: Path) -> str:
    """Orders in two files, one of them with a second item."""
    head = "Name,Email,Financial Status,Currency,Total,Refunded Amount,Outstanding Balance,Cancelled at,Created at\n"
    first = "#1,ann@example.org,paid,EUR,24.90,0.00,0.00,,2024-01-05 10:12:33 +0100\n"
    further = "#1,ann@example.org,,,,,,,2024-01-05 10:12:33 +0100\n"
    _write(folder, "one.csv", head + first + further)
    _write(folder, "two.csv", head + first.replace("#1", "#2"))
    return 'format = "shopify_orders"\n'


def stripe_payments(folder: Path) -> str:
    """Payments in two files."""
    head = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email\n"
    _write(folder, "one.csv", head + "ch_1,2024-01-05 10:12:33,24.90,0.00,eur,Paid,cus_1,ann@example.org\n")
    _write(folder, "two.csv", head + "ch_2,2024-01-06 10:12:33,5.00,0.00,eur,Paid,cus_2,ben@example.org\n")
    return 'format = "stripe_payments"\n'


def outreach(folder: Path) -> str:
    """A log in two files."""
    _write(folder, "one.csv", "member,contacted_at,play,channel\nslack:U1,2024-01-05T10:00:00+01:00,welcome,mail\n")
    _write(folder, "two.csv", "member,contacted_at,play,channel\nslack:U2,2024-01-06,,\n")
    return 'format = "outreach"\n'


def surveys(folder: Path) -> str:
    """Answers in two files."""
    head = "survey,q,k,who,sent,answered_at,value\n"
    _write(folder, "one.csv", head + "p1,Recommend?,nps,u1,2024-01-01,2024-01-05,10\n")
    _write(folder, "two.csv", head + 'p1,Why?,text,u1,,2024-01-05,"because, I said"\n')
    return (
        'format = "surveys"\n[sources.columns]\nsurvey_id = "survey"\nquestion = "q"\nkind = "k"\nmember = "who"\n'
        'invited_at = "sent"\n'
    )


def meta_insights(folder: Path) -> str:
    """A page by day, in two files."""
    head = "date,page_id,page_impressions,page_fans,page_fan_adds\n"
    _write(folder, "one.csv", head + '2026-03-09 07:00:00,42,"1,200",300,\n')
    _write(folder, "two.csv", head + "2026-03-10,42,7.0,,3\n")
    return 'format = "meta_insights"\n'


def youtube_reports(folder: Path) -> str:
    """A channel by day, in two files."""
    head = (
        "date,channel_id,country_code,live_or_on_demand,subscribed_status,video_id,views,likes,dislikes,comments,shares"
    )
    head += ",subscribers_gained,subscribers_lost\n"
    _write(folder, "one.csv", head + "2024-01-05,UC1,ZZ,on_demand,subscribed,v1,10,1,0,0,0,2,0\n")
    _write(folder, "two.csv", head + "2024-01-06,UC1,ZZ,on_demand,subscribed,v1,5,0,0,0,0,0,1\n")
    return 'format = "youtube_reports"\n'


def x_analytics(folder: Path) -> str:
    """Posts by day, in two files."""
    head = "account_id,date,organic_tweet_id,placement,impressions,likes,replies,retweets,clicks,follows,unfollows\n"
    _write(folder, "one.csv", head + "a1,2024-01-05T07:00:00,11,ALL_ON_TWITTER,100,3,1,0,2,0,0\n")
    _write(folder, "two.csv", head + "a1,2024-01-06T07:00:00,11,ALL_ON_TWITTER,50,1,0,0,0,1,0\n")
    return 'format = "x_analytics"\n'


def linkedin_pages(folder: Path) -> str:
    """What shares came to, in two files."""
    head = "_fivetran_synced,_organization_entity_urn,_share_entity_urn,click_count,comment_count,engagement"
    head += ",impression_count,like_count,share_count\n"
    _write(folder, "one.csv", head + "2024-01-05T03:59:43.438,urn:li:organization:1,urn:li:share:11,0,0,2.5,4,10,0\n")
    _write(folder, "two.csv", head + "2024-01-05T03:59:43.438,urn:li:organization:1,urn:li:share:12,1,0,0.5,4,1,0\n")
    return 'format = "linkedin_pages"\n'


EXPORTS: dict[str, Callable[[Path], str]] = {
    "slack": slack,
    "table": table,
    "orders": orders,
    "zulip": zulip,
    "discourse": discourse,
    "discord": discord,
    "telegram": telegram,
    "whatsapp": whatsapp,
    "stackexchange": stackexchange,
    "mastodon": mastodon,
    "shopify_orders": shopify_orders,
    "stripe_payments": stripe_payments,
    "outreach": outreach,
    "surveys": surveys,
    "meta_insights": meta_insights,
    "youtube_reports": youtube_reports,
    "x_analytics": x_analytics,
    "linkedin_pages": linkedin_pages,
}
