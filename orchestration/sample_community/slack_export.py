"""The conversation as Slack exports it: member list, channel list, and a file for each channel and day."""

import json
from pathlib import Path

from orchestration.sample_community.channels import Channel
from orchestration.sample_community.clock import LISBON, WEEKS, week_start
from orchestration.sample_community.conversation import Message
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.people import Person
from orchestration.sample_community.slack_rows import BOT_ID, BOT_USER, TEAM, Stamps, human_row, system_rows

# Slack cuts the day files in the zone of the workspace's owner, who lives an hour west of the shed.
OWNER_ZONE = LISBON


def as_json(content: object) -> bytes:
    """The bytes of an export file: UTF-8, four blanks deep."""
    return (json.dumps(content, ensure_ascii=False, indent=4) + "\n").encode()


def files(people: list[Person], channels: list[Channel], messages: list[Message]) -> dict[str, bytes]:
    """Every file of the export, by its path in it."""
    by_day: dict[str, list[dict]] = {}
    for name, rows in _rows(people, channels, messages).items():
        for row in sorted(rows, key=lambda row: row["ts"]):
            day = OWNER_ZONE.day(int(row["ts"].split(".")[0]))
            by_day.setdefault(f"{name}/{day.isoformat()}.json", []).append(row)
    export = {
        "users.json": as_json([*(_user(person) for person in people if person.kind != "partner"), _bot_user()]),
        "channels.json": as_json([_channel(channel, people) for channel in channels]),
        "integration_logs.json": as_json([]),
        # A canvas lies among the day files, though it holds no messages.
        "general/canvas_in_the_conversation.json": as_json([_canvas(channels[0])]),
    }
    return export | {path: as_json(rows) for path, rows in by_day.items()}


def write_export(folder: Path, export: dict[str, bytes]) -> None:
    """Writes the files below the folder."""
    for directory in sorted({(folder / path).parent for path in export}):
        directory.mkdir(parents=True, exist_ok=True)
    for path, content in export.items():
        (folder / path).write_bytes(content)


def _rows(people: list[Person], channels: list[Channel], messages: list[Message]) -> dict[str, list[dict]]:
    """Human and system rows of each channel."""
    stamps = Stamps()
    stamp_of = {id(message): stamps.next(message.channel, message.at) for message in messages}
    rows: dict[str, list[dict]] = {channel.name: [] for channel in channels}
    dice = Dice("rows")
    deleted = _deleted(messages)
    for message in messages:
        rows[message.channel].append(human_row(message, stamp_of, dice, is_deleted=id(message) in deleted))
    for channel in channels:
        rows[channel.name].extend(system_rows(channel, people, stamps))
    return rows


def _deleted(messages: list[Message]) -> set[int]:
    """Three posts that their authors took back after somebody had answered: a tombstone keeps the thread together."""
    answered = [message for message in messages if len(message.replies) >= 2 and message.mood == "chat"]
    return {id(answered[len(answered) * part // 4]) for part in (1, 2, 3)}


def _user(person: Person) -> dict:
    first, _, last = person.name.partition(" ")
    profile = {
        "title": "",
        "phone": "",
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": person.display,
        "display_name_normalized": person.display,
        "fields": {},
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": f"g{Dice('avatar', person.id).hexadecimal(11)}",
        "first_name": first,
        "last_name": last,
        "team": TEAM,
    }
    user = {"id": person.id, "team_id": TEAM, "name": person.handle, "deleted": person.deactivated is not None}
    if person.deactivated is not None:
        # Slack drops zone and rights of an account that was closed.
        return user | {"profile": profile, "is_bot": False, "is_app_user": False, "updated": person.deactivated}
    return user | {
        "color": Dice("color", person.id).hexadecimal(6),
        "real_name": person.name,
        "tz": person.zone.name,
        "tz_label": person.zone.label,
        "tz_offset": person.zone.offset(week_start(WEEKS)),
        "profile": profile,
        "is_admin": person.is_staff,
        "is_owner": person.handle.startswith(("ines", "hauke")) and person.is_staff,
        "is_primary_owner": person.handle.startswith("ines") and person.is_staff,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": False,
        "is_app_user": False,
        "updated": person.joined + 90 * 60,
        "is_email_confirmed": person.kind != "invited",
        "who_can_share_contact_card": "EVERYONE",
    }


def _bot_user() -> dict:
    profile = {
        "title": "",
        "real_name": "Tide Bot",
        "real_name_normalized": "Tide Bot",
        "display_name": "",
        "display_name_normalized": "",
        "fields": {},
        "api_app_id": "A0TIDEBOT01",
        "always_active": True,
        "bot_id": BOT_ID,
        "first_name": "Tide",
        "last_name": "Bot",
        "team": TEAM,
    }
    user = {"id": BOT_USER, "team_id": TEAM, "name": "tidebot", "deleted": False, "color": "4bbe2e"}
    return user | {
        "real_name": "Tide Bot",
        "tz": "Europe/Berlin",
        "tz_label": "Central European Summer Time",
        "tz_offset": 7200,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": True,
        "is_app_user": False,
        "updated": week_start(1) + 9 * 3600,
    }


def _channel(channel: Channel, people: list[Person]) -> dict:
    owner = next(person for person in people if person.is_staff)
    joined = sorted(person.id for person in people if any(name == channel.name for _, name in person.joins))
    said = {"value": channel.purpose, "creator": owner.id, "last_set": channel.opened + 30}
    return {
        "id": channel.id,
        "name": channel.name,
        "created": channel.opened,
        "creator": owner.id,
        "is_archived": channel.closed is not None,
        "is_general": channel.name == "general",
        "members": joined,
        "topic": said,
        "purpose": said,
    }


def _canvas(channel: Channel) -> dict:
    dice = Dice("canvas")
    return {
        "id": "F0" + dice.code(9),
        "created": channel.opened + 3600,
        "name": "Untitled",
        "title": "Untitled",
        "mimetype": "application/vnd.slack-docs",
        "filetype": "quip",
        "pretty_type": "Canvas",
        "user": "USLACKBOT",
        "editable": True,
        "size": 412,
        "mode": "quip",
        "is_public": True,
        "shares": [{"team": TEAM, "channel": channel.id}],
        "permalink": f"https://harbour-makers.slack.example/canvas/{channel.id}",
    }
