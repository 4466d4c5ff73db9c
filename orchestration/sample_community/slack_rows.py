"""The rows of a channel's day file: what people wrote, and what Slack and its bots added."""

from orchestration.sample_community.blocks import rich_text
from orchestration.sample_community.channels import Channel
from orchestration.sample_community.clock import HOUR, MINUTE, week_of
from orchestration.sample_community.conversation import Message
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.people import WIN_BACK_WEEK, Person
from orchestration.sample_community.scenes import bot_notices

TEAM = "T0HARBOUR01"
PARTNER_TEAM = "T0FJORDLAB1"
BOT_USER = "U0TIDEBOT01"
BOT_ID = "B0TIDEBOT01"
POLL_BOT_ID = "B0POLLAPP01"
_DOMAIN = "harbour-makers.slack.example"

_FILES = (
    ("jpg", "image/jpeg", "JPEG", 12),
    ("png", "image/png", "PNG", 5),
    ("mp4", "video/mp4", "MPEG 4 Video", 3),
    ("pdf", "application/pdf", "PDF", 2),
    ("stl", "application/octet-stream", "Binary", 1),
)
# How likely a message brings a file along, by mood.
_CARRIES = {"show": 0.6, "kit": 0.25, "question": 0.14, "chat": 0.06, "reply": 0.04, "bench": 0.1}


class Stamps:
    """Message stamps: epoch seconds with six decimals, no two alike in a channel."""

    def __init__(self) -> None:
        self._dice = Dice("stamps")
        self._used: set[tuple[str, str]] = set()

    def next(self, channel: str, at: int) -> str:
        """A free stamp within this second."""
        while True:
            stamp = f"{at}.{self._dice.below(99999) * 10 + 9:06d}"
            if (channel, stamp) not in self._used:
                self._used.add((channel, stamp))
                return stamp


def _short_profile(person: Person, team: str) -> dict:
    return {
        "avatar_hash": f"g{Dice('avatar', person.id).hexadecimal(11)}",
        "first_name": person.name.split(" ")[0],
        "real_name": person.name,
        "display_name": person.display,
        "team": team,
        "name": person.handle,
        "is_restricted": False,
        "is_ultra_restricted": False,
    }


def _thread(message: Message, stamp_of: dict[int, str]) -> dict:
    """What the first message of a thread says about its replies."""
    repliers = list(dict.fromkeys(reply.author.id for reply in message.replies))
    replies = sorted(({"user": reply.author.id, "ts": stamp_of[id(reply)]} for reply in message.replies), key=_stamp)
    return {
        "thread_ts": stamp_of[id(message)],
        "reply_count": len(replies),
        "reply_users_count": len(repliers),
        "latest_reply": replies[-1]["ts"],
        "reply_users": repliers[:5],
        "replies": replies,
        "is_locked": False,
        "subscribed": False,
    }


def _stamp(row: dict) -> str:
    return row["ts"]


def _file(dice: Dice, message: Message) -> dict:
    ending, mimetype, pretty, _ = dice.weighted(_FILES, [weight for *_, weight in _FILES])
    name = f"{dice.pick(('IMG', 'bench', 'hull', 'plan'))}_{dice.below(9000) + 1000}.{ending}"
    number = "F0" + dice.code(9)
    return {
        "id": number,
        "created": message.at,
        "timestamp": message.at,
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": ending,
        "pretty_type": pretty,
        "user": message.author.id,
        "editable": False,
        "size": dice.between(20_000, 4_000_000),
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": f"https://{_DOMAIN}/files-pri/{TEAM}-{number}/{name}",
    }


def _unfurled(text: str) -> list[dict]:
    url = text.split("<http", 1)[1].split(">")[0].split("|")[0]
    return [{"id": 1, "from_url": f"http{url}", "original_url": f"http{url}", "fallback": "A page", "title": "A page"}]


def human_row(message: Message, stamp_of: dict[int, str], dice: Dice, *, is_deleted: bool) -> dict:
    """One message as the export has it, or the tombstone of one that was taken back."""
    stamp = stamp_of[id(message)]
    if is_deleted:
        row = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
        return row | {"type": "message", "ts": stamp} | _thread(message, stamp_of)
    author = message.author
    team = PARTNER_TEAM if author.kind == "partner" else TEAM
    token = dice.hexadecimal(32)
    row = {
        "user": author.id,
        "type": "message",
        "ts": stamp,
        "client_msg_id": "-".join((token[:8], token[8:12], token[12:16], token[16:20], token[20:])),
        "text": message.text,
        "team": TEAM,
        "user_team": team,
        "source_team": team,
        "user_profile": _short_profile(author, team),
    }
    if dice.chance(0.03):
        row["edited"] = {"user": author.id, "ts": f"{message.at + dice.between(20, 900)}.000000"}
    if message.root is not None:
        row |= {"thread_ts": stamp_of[id(message.root)], "parent_user_id": message.root.author.id}
        if dice.chance(0.02):
            row["subtype"] = "thread_broadcast"
    elif message.replies:
        row |= _thread(message, stamp_of)
    if message.root is None and message.mood == "chat" and dice.chance(0.02):
        row["subtype"] = "me_message"
    if dice.chance(_CARRIES.get(message.mood, 0.0)):
        row |= {"files": [_file(dice, message)], "upload": False}
        if dice.chance(0.1):
            row["subtype"] = row.get("subtype", "file_share")
    elif "<http" in message.text and dice.chance(0.8):
        row["attachments"] = _unfurled(message.text)
    row["blocks"] = rich_text(message.text, dice.code(5))
    if message.reactions:
        row["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    return row


def system_rows(channel: Channel, people: list[Person], stamps: Stamps) -> list[dict]:
    """Joins, the channel's own history, and the bots: nothing that counts as anybody's act."""
    dice = Dice("system", channel.name)
    owner = next(person for person in people if person.is_staff)
    rows: list[dict] = []

    def note(at: int, subtype: str, user: str, text: str, **more: object) -> None:
        stamp = stamps.next(channel.name, at)
        rows.append({"subtype": subtype, "user": user, "text": text, **more, "type": "message", "ts": stamp})

    for person in people:
        for at, name in person.joins:
            if name != channel.name:
                continue
            inviter = {"inviter": owner.id} if dice.chance(0.3) and person is not owner else {}
            note(at, "channel_join", person.id, f"<@{person.id}> has joined the channel", **inviter)
            if name == "general" and week_of(at) >= WIN_BACK_WEEK:
                text = f"<@{person.id}> joined #general. They’re also new to Harbour Makers."
                more = {"welcome_party_user_id": person.id, "bot_id": "BSLACKBOT"}
                note(at + 2, "welcome_party", "USLACKBOT", text, **more)
    # Nobody can set a topic before the first one is in: the history starts after the owner's own joining.
    start = max(channel.opened, next((at for at, name in owner.joins if name == channel.name), channel.opened))
    said = channel.purpose
    note(start + 30, "channel_purpose", owner.id, f"set the channel description: {said}", purpose=said)
    note(start + 45, "channel_topic", owner.id, f"set the channel topic: {said}", topic=said)
    if channel.name == "random":
        text = 'has renamed the channel from "seagulls" to "random"'
        note(start + 9 * HOUR, "channel_name", owner.id, text, old_name="seagulls", name="random")
    if channel.name == "announcements":
        link = f"<https://{_DOMAIN}/services/{BOT_ID}|Tide Bot>"
        note(start + 90, "bot_add", owner.id, f"added an integration to this channel: {link}", bot_id=BOT_ID)
        reminder = " set up a reminder “lock the shed” in this channel at 9PM every Sunday."
        note(start + 26 * HOUR, "reminder_add", owner.id, reminder)
    if channel.closed is not None:
        note(channel.closed, "channel_archive", owner.id, "archived the channel")
    for at, name, text in bot_notices():
        if name == channel.name and at > start + 2 * MINUTE:
            rows.append(_bot_row(dice, stamps.next(name, at), name, text))
    if channel.name == "shop-talk":
        rows.extend(_poll_rows(dice, channel, stamps, people))
    return rows


def _bot_row(dice: Dice, stamp: str, channel: str, text: str) -> dict:
    """The tide bot's two voices: a classic `bot_message`, and a newer row under its own user id."""
    if channel == "announcements":
        row = {"subtype": "bot_message", "text": text, "username": "Tide Bot", "icons": {"emoji": ":ocean:"}}
        return row | {"type": "message", "ts": stamp, "bot_id": BOT_ID, "blocks": rich_text(text, dice.code(5))}
    row = {"user": BOT_USER, "type": "message", "ts": stamp, "bot_id": BOT_ID, "app_id": "A0TIDEBOT01", "text": text}
    profile = {"id": BOT_ID, "app_id": "A0TIDEBOT01", "user_id": BOT_USER, "name": "Tide Bot", "deleted": False}
    return row | {"team": TEAM, "bot_profile": profile, "blocks": rich_text(text, dice.code(5))}


def _poll_rows(dice: Dice, channel: Channel, stamps: Stamps, people: list[Person]) -> list[dict]:
    """Polls that an app posted in a member's name: they bear a human's `user`, and are a bot's all the same."""
    helpers = [person for person in people if person.kind == "helper"]
    rows = []
    for number in range(6):
        at = channel.opened + (number * 40 + 3) * 86400 + dice.below(3 * HOUR)
        text = f"Poll {number + 1}: which part should the shop stock next?"
        row = {"user": helpers[0].id, "type": "message", "ts": stamps.next(channel.name, at), "bot_id": POLL_BOT_ID}
        row |= {"app_id": "A0POLLAPP01", "text": text, "team": TEAM}
        rows.append(row | {"blocks": rich_text(text, dice.code(5))})
    return rows
