"""Exports of about a given size, for the benchmarks: a function each that writes one into a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2022, 1, 3, tzinfo=UTC)
WEEKS = 200
TEXT = "Has anyone tried the new build on an old machine? It starts, but the list stays empty until one scrolls. "


@dataclass(frozen=True)
class Export:
    """What a generator wrote: the keys of its [[sources]] entry, and the SQL of its floor (`{files}`: a glob)."""

    source: str
    floor: str


def instants(rows: int) -> Iterator[datetime]:
    """Instants spread evenly over `WEEKS`."""
    step = timedelta(weeks=WEEKS) / max(rows, 1)
    return (START + step * row for row in range(rows))


def slack_messages(rows: int) -> Iterator[tuple[datetime, str]]:
    """Messages as Slack exports have them, about 390 bytes each."""
    for row, at in enumerate(instants(rows)):
        replies = "" if row % 3 else f'"thread_ts": "{int(START.timestamp())}.{row % 997:06d}", '
        reactions = (
            f'"reactions": [{{"name": "tada", "users": ["U{row % 5003}"], "count": 1}}], ' if row % 7 == 0 else ""
        )
        yield (
            at,
            (
                f'{{"client_msg_id": "{row:032x}", "type": "message", "user": "U{row % 20011}", {replies}{reactions}'
                f'"text": "{TEXT}\\n{row}", "ts": "{int(at.timestamp())}.{row % 1000000:06d}", "team": "T01"}}'
            ),
        )


SLACK = Export(
    'format = "slack"\npath = "{path}"\n',
    "select count(ts), count(\"user\"), count(thread_ts), count(reactions), count(text) from read_json({files}, "
    "columns = {{ts: 'VARCHAR', user: 'VARCHAR', thread_ts: 'VARCHAR', reactions: 'JSON', text: 'VARCHAR'}}, "
    "format = 'array', maximum_object_size = 67108864)",
)  # fmt: skip


def slack(folder: Path, size: int) -> Export:
    """A Slack export cut into channels and days."""
    days: dict[str, list[str]] = {}
    for row, (at, text) in enumerate(slack_messages(size // 330)):
        days.setdefault(f"channel-{row % 5}/{at:%Y-%m-%d}.json", []).append(text)
    for name, messages in days.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("[" + ",\n".join(messages) + "]")
    return SLACK


def slack_one_file(folder: Path, size: int) -> Export:
    """A Slack export whose messages all lie in one giant file."""
    (folder / "general").mkdir()
    with (folder / "general/2025-01-01.json").open("w") as out:
        for row, (_, text) in enumerate(slack_messages(size // 330)):
            out.write(("[" if row == 0 else ",\n") + text)
        out.write("]")
    return SLACK


MAPPING = """format = "table"
path = "{path}"
[sources.columns]
member = "user"
at = "created_at"
type = "action"
id = "id"
container = "channel"
"""
COLUMNS = 'count("user"), count(created_at), count(action), count(id), count(channel)'


def events(rows: int) -> Iterator[tuple[int, str, str, str, str]]:
    """Acts: id, member, instant, type, container."""
    kinds = ("post", "reply", "reply", "reaction", "view")
    for row, at in enumerate(instants(rows)):
        yield row, f"member-{row % 20011}", f"{at:%Y-%m-%dT%H:%M:%S}Z", kinds[row % 5], f"channel {row % 50}"


def table_csv(folder: Path, size: int) -> Export:
    """One CSV file with a column of text that is not mapped."""
    with (folder / "events.csv").open("w") as out:
        out.write("id,user,created_at,action,channel,text\n")
        for row in events(size // 170):
            out.write("{},{},{},{},{}".format(*row) + f',"{TEXT}"\n')
    return Export(MAPPING, f"select {COLUMNS} from read_csv({{files}}, all_varchar = true, header = true)")


def table_jsonl(folder: Path, size: int) -> Export:
    """One file of JSON Lines."""
    with (folder / "events.jsonl").open("w") as out:
        for row in events(size // 230):
            named = dict(zip(("id", "user", "created_at", "action", "channel"), row, strict=True))
            out.write(json.dumps(named | {"text": TEXT}) + "\n")
    kinds = "{{id: 'VARCHAR', user: 'VARCHAR', created_at: 'VARCHAR', action: 'VARCHAR', channel: 'VARCHAR'}}"
    return Export(MAPPING, f"select {COLUMNS} from read_json({{files}}, format = 'nd', columns = {kinds})")


def table_parquet(folder: Path, size: int) -> Export:
    """One Parquet file, as large as it gets with so many bytes of CSV."""
    import duckdb

    table_csv(folder, size)
    csv = str(folder / "events.csv")
    duckdb.execute(f"copy (select * exclude text from read_csv('{csv}')) to '{folder / 'events.parquet'}'")
    (folder / "events.csv").unlink()
    return Export(MAPPING, f"select {COLUMNS} from read_parquet({{files}})")


def orders(folder: Path, size: int) -> Export:
    """A shop's orders without ids, as CSV."""
    with (folder / "orders.csv").open("w") as out:
        out.write("customer,ordered_at,total,note\n")
        for row, at in enumerate(instants(size // 110)):
            out.write(f"customer-{row % 9973},{at:%Y-%m-%d},{row % 300}.{row % 100:02d},{TEXT[:48]}\n")
    return Export(
        'format = "orders"\npath = "{path}"\ncurrency = "EUR"\n[sources.columns]\nmember = "customer"\n'
        'at = "ordered_at"\namount = "total"\n',
        "select count(customer), count(ordered_at), count(total) from read_csv({files}, all_varchar = true)",
    )


def zulip(folder: Path, size: int) -> Export:
    """A public archive: 200 topics in five streams."""
    topics: dict[str, list[str]] = {}
    for row, at in enumerate(instants(size // 250)):
        text = json.dumps(
            {"content": f"<p>{TEXT}{row}</p>", "id": row, "sender_full_name": f"Member {row % 2003}",
             "timestamp": int(at.timestamp())}
        )  # fmt: skip
        topics.setdefault(f"{row % 5}-stream/topic-{row % 200}.json", []).append(text)
    for name, messages in topics.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("[" + ",\n".join(messages) + "]")
    return Export(
        'format = "zulip"\npath = "{path}"\n',
        "select count(id), count(sender_full_name), count(timestamp), count(content) from read_json({files}, columns ="
        " {{id: 'VARCHAR', sender_full_name: 'VARCHAR', timestamp: 'VARCHAR', content: 'VARCHAR'}}, format = 'array')",
    )


def discourse(folder: Path, size: int) -> Export:
    """A file for each post, as archives have them."""
    (folder / "posts").mkdir()
    for row, at in enumerate(instants(size // 900)):
        post = {
            "id": row, "name": "Ann", "username": f"user{row % 2003}", "created_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "updated_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "post_number": row // 500 + 1, "post_type": 1,
            "reply_to_post_number": None, "topic_id": row % 500, "category_id": 2, "user_id": row % 2003, "reads": 9,
            "readers_count": 8, "staff": False, "admin": False, "moderator": False, "user_deleted": False,
            "deleted_at": None, "trust_level": 1, "cooked": f"<p>{TEXT}</p>", "raw": TEXT, "reactions": [],
            "actions_summary": [{"id": 2, "count": row % 4}], "avatar_template": "/user_avatar/x/{size}/1_2.png",
        }  # fmt: skip
        (folder / f"posts/{row}.json").write_text(json.dumps(post))
    return Export(
        'format = "discourse"\npath = "{path}"\n',
        "select count(id), count(user_id), count(created_at), count(raw) from read_json({files}, columns = {{id:"
        " 'VARCHAR', user_id: 'VARCHAR', created_at: 'VARCHAR', raw: 'VARCHAR', actions_summary: 'JSON'}})",
    )


def discord(folder: Path, size: int) -> Export:
    """Five channels, each one file with its messages in an object."""
    author = '{{"id": "{0}", "name": "user{0}", "discriminator": "0000", "nickname": "N", "isBot": false, "roles": []}}'
    outs = [(folder / f"channel-{n}.json").open("w") for n in range(5)]
    for n, out in enumerate(outs):
        out.write(f'{{"guild": {{"id": "9", "name": "G"}}, "channel": {{"id": "{10 + n}", "type": "GuildTextChat", ')
        out.write('"categoryId": "5", "category": "Text", "name": "general"}, "messages": [')
    for row, at in enumerate(instants(size // 480)):
        reference = (
            f', "reference": {{"messageId": "{row - 5}", "channelId": null}}' if row % 3 == 2 and row > 5 else ""
        )
        outs[row % 5].write(
            f'{"," if row >= 5 else ""}\n{{"id": "{row}", "type": "{"Reply" if reference else "Default"}", '
            f'"timestamp": "{at:%Y-%m-%dT%H:%M:%S}.000+00:00", "timestampEdited": null, "isPinned": false, '
            f'"content": "{TEXT}", "author": {author.format(row % 2003)}, "attachments": [], "embeds": [], '
            f'"stickers": [], "reactions": [], "mentions": []{reference}}}'
        )
    for out in outs:
        out.write("]}")
        out.close()
    return Export('format = "discord"\npath = "{path}"\n', _in_object("messages", "id", "type", "timestamp", "content"))


def telegram(folder: Path, size: int) -> Export:
    """One group's result.json."""
    with (folder / "result.json").open("w") as out:
        out.write('{"name": "Group", "type": "private_supergroup", "id": 10, "messages": [')
        for row, at in enumerate(instants(size // 400)):
            reply = f'"reply_to_message_id": {row - 1}, ' if row % 3 == 2 else ""
            out.write(
                f'{"," if row else ""}\n{{"id": {row + 1}, "type": "message", "date": "{at:%Y-%m-%dT%H:%M:%S}", '
                f'"date_unixtime": "{int(at.timestamp())}", "from": "Member {row % 2003}", "from_id": '
                f'"user{row % 2003}", {reply}"text": "{TEXT}", '
                f'"text_entities": [{{"type": "plain", "text": "{TEXT}"}}]}}'
            )
        out.write("]}")
    fields = ("id", "type", "date_unixtime", "from_id", "text")
    return Export('format = "telegram"\npath = "{path}"\n', _in_object("messages", *fields))


def mastodon(folder: Path, size: int) -> Export:
    """One account's outbox."""
    actor = "https://x.example/users/ann"
    with (folder / "outbox.json").open("w") as out:
        out.write('{"id": "outbox.json", "type": "OrderedCollection", "orderedItems": [')
        for row, at in enumerate(instants(size // 620)):
            note = {
                "id": f"{actor}/statuses/{row}", "type": "Note", "inReplyTo": None, "content": f"<p>{TEXT}</p>",
                "conversation": f"tag:x.example,2024:{row}", "attachment": [],
            }  # fmt: skip
            activity = {
                "id": f"{actor}/statuses/{row}/activity", "type": "Create", "actor": actor,
                "published": f"{at:%Y-%m-%dT%H:%M:%S}Z", "to": ["https://www.w3.org/ns/activitystreams#Public"],
                "cc": [f"{actor}/followers"], "object": note,
            }  # fmt: skip
            out.write(("," if row else "") + json.dumps(activity))
        out.write("]}")
    fields = ("id", "type", "actor", "published", "object")
    return Export('format = "mastodon"\npath = "{path}"\n', _in_object("orderedItems", *fields))


def _in_object(key: str, *fields: str) -> str:
    """The floor of a format that keeps its list in an object."""
    counted = ", ".join(f'count(item."{field}")' for field in fields)
    columns = ", ".join(f'"{field}" VARCHAR' for field in fields)
    return (
        f"select {counted} from (select unnest({key}) as item from read_json({{files}},"
        f" columns = {{{{{key}: 'STRUCT({columns})[]'}}}}, maximum_object_size = 2000000000))"
    )


_LINES = (
    "select count(line), max(length(line)) from read_csv({files}, auto_detect = false, header = false,"
    " delim = '\x01\x02\x03\x04', quote = '', escape = '', columns = {{line: 'VARCHAR'}})"
)


def whatsapp(folder: Path, size: int) -> Export:
    """One chat, as Android phones write it."""
    with (folder / "WhatsApp Chat.txt").open("w") as out:
        for row, at in enumerate(instants(size // 140)):
            out.write(f"{at:%d.%m.%y, %H:%M} - Member {row % 203}: {TEXT}\n")
    return Export('format = "whatsapp"\npath = "{path}"\n', _LINES)


def stackexchange(folder: Path, size: int) -> Export:
    """A dump that is mostly posts."""
    ends = '<?xml version="1.0" encoding="utf-8"?>\n<{}>\n', "</{}>"
    with (folder / "Users.xml").open("w") as out:
        out.write(ends[0].format("users"))
        for user in range(2003):
            out.write(f'  <row Id="{user}" Reputation="1" CreationDate="{START:%Y-%m-%dT%H:%M:%S}.000" />\n')
        out.write(ends[1].format("users"))
    with (folder / "Posts.xml").open("w") as out:
        out.write(ends[0].format("posts"))
        for row, at in enumerate(instants(size // 400)):
            kind = f'PostTypeId="2" ParentId="{row - row % 5}"' if row % 5 else 'PostTypeId="1" Title="Why?" Tags="|x|"'
            out.write(
                f'  <row Id="{row}" {kind} CreationDate="{at:%Y-%m-%dT%H:%M:%S}.000" Score="1" Body="&lt;p&gt;{TEXT}'
                f'{TEXT}&lt;/p&gt;" OwnerUserId="{row % 2003}" LastActivityDate="{at:%Y-%m-%dT%H:%M:%S}.000" />\n'
            )
        out.write(ends[1].format("posts"))
    return Export('format = "stackexchange"\npath = "{path}"\n', _LINES)


def _csv(folder: Path, header: str, rows: Iterator[str], source: str) -> Export:
    """One CSV file, and the floor that counts all of its columns."""
    with (folder / "export.csv").open("w") as out:
        out.write(header + "\n")
        out.writelines(row + "\n" for row in rows)
    counted = ", ".join(f'count("{name}")' for name in header.split(","))
    return Export(source, f"select {counted} from read_csv({{files}}, all_varchar = true, header = true)")


def shopify_orders(folder: Path, size: int) -> Export:
    """Orders of one or two items."""
    header = "Name,Email,Financial Status,Currency,Total,Refunded Amount,Outstanding Balance,Cancelled at,Created at"
    rows = (
        f"#{row // 2},m{row // 2 % 9973}@example.org," + (",,,,," if row % 2 else "paid,EUR,24.90,0.00,0.00,")
        + f",{at:%Y-%m-%d %H:%M:%S} +0000,{TEXT[:48]}"
        for row, at in enumerate(instants(size // 150))
    )  # fmt: skip
    return _csv(folder, header + ",Lineitem name", rows, 'format = "shopify_orders"\npath = "{path}"\n')


def stripe_payments(folder: Path, size: int) -> Export:
    """Payments."""
    header = "id,Created (UTC),Amount,Amount Refunded,Currency,Status,Customer ID,Customer Email,Description"
    rows = (
        f"ch_{row:024d},{at:%Y-%m-%d %H:%M:%S},24.90,0.00,eur,Paid,cus_{row % 9973},m{row % 9973}@example.org,"
        + TEXT[:48]
        for row, at in enumerate(instants(size // 165))
    )
    return _csv(folder, header, rows, 'format = "stripe_payments"\npath = "{path}"\n')


def youtube_reports(folder: Path, size: int) -> Export:
    """A channel by day and video."""
    header = "date,channel_id,country_code,live_or_on_demand,subscribed_status,video_id,views,likes,dislikes,comments"
    rows = (
        f"{at:%Y-%m-%d},UC1,ZZ,on_demand,subscribed,video-{row % 5003},10,1,0,0,0,2,0"
        for row, at in enumerate(instants(size // 65))
    )
    source = 'format = "youtube_reports"\npath = "{path}"\n'
    return _csv(folder, header + ",shares,subscribers_gained,subscribers_lost", rows, source)


def meta_insights(folder: Path, size: int) -> Export:
    """Pages by day."""
    rows = (f"{at:%Y-%m-%d},page-{row},10,7,3,120,2,1" for row, at in enumerate(instants(size // 40)))
    header = "date,page_id,page_impressions,page_impressions_unique,page_post_engagements,page_fans,page_fan_adds"
    return _csv(folder, header + ",page_fan_removes", rows, 'format = "meta_insights"\npath = "{path}"\n')


def x_analytics(folder: Path, size: int) -> Export:
    """Posts by day."""
    rows = (
        f"a1,{at:%Y-%m-%dT00:00:00},{6 * 10**17 + row},ALL_ON_TWITTER,3,40,2,1,1"
        for row, at in enumerate(instants(size // 70))
    )
    header = "account_id,date,organic_tweet_id,placement,engagements,impressions,likes,replies,retweets"
    return _csv(folder, header, rows, 'format = "x_analytics"\npath = "{path}"\n')


def linkedin_pages(folder: Path, size: int) -> Export:
    """What posts came to so far."""
    rows = (
        f"{at:%Y-%m-%d %H:%M:%S},urn:li:organization:1,urn:li:share:{6 * 10**18 + row},1,2,40,3,1"
        for row, at in enumerate(instants(size // 90))
    )
    header = "_fivetran_synced,_organization_entity_urn,_share_entity_urn,click_count,comment_count,impression_count"
    return _csv(folder, header + ",like_count,share_count", rows, 'format = "linkedin_pages"\npath = "{path}"\n')


def outreach(folder: Path, size: int) -> Export:
    """Whom the community turned to."""
    rows = (f"slack:U{row % 99991},{at:%Y-%m-%d %H:%M:%S},offer,mail" for row, at in enumerate(instants(size // 45)))
    return _csv(folder, "member,contacted_at,play,channel", rows, 'format = "outreach"\npath = "{path}"\n')


def surveys(folder: Path, size: int) -> Export:
    """Answers."""
    rows = (
        f"p1,Recommend?,nps,u{row % 9973},{at:%Y-%m-%d},{at:%Y-%m-%d %H:%M:%S},{row % 11}"
        for row, at in enumerate(instants(size // 60))
    )
    source = (
        'format = "surveys"\npath = "{path}"\n[sources.columns]\nsurvey_id = "survey"\nquestion = "q"\nkind = "k"\n'
        'member = "who"\ninvited_at = "sent"\n'
    )
    return _csv(folder, "survey,q,k,who,sent,answered_at,value", rows, source)


EXPORTS: dict[str, Callable[[Path, int], Export]] = {
    "slack": slack,
    "slack_one_file": slack_one_file,
    "table_csv": table_csv,
    "table_jsonl": table_jsonl,
    "table_parquet": table_parquet,
    "orders": orders,
    "zulip": zulip,
    "discourse": discourse,
    "discord": discord,
    "telegram": telegram,
    "mastodon": mastodon,
    "whatsapp": whatsapp,
    "stackexchange": stackexchange,
    "shopify_orders": shopify_orders,
    "stripe_payments": stripe_payments,
    "meta_insights": meta_insights,
    "youtube_reports": youtube_reports,
    "x_analytics": x_analytics,
    "linkedin_pages": linkedin_pages,
    "outreach": outreach,
    "surveys": surveys,
}
