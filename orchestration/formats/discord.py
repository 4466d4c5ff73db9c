"""Discord: what DiscordChatExporter writes as JSON, one file a channel or thread (or several: "[part 2]").

[[sources]]
name = "discord"
format = "discord"
path = "exports/discord"
# official_roles = ["Moderator"]  # who bears one of these roles is official; Discord does not say which roles are staff
# reaction_users = false          # for exports of old versions, which count reactions without saying whose they are

Quirks handled: kinds of messages that the exporter does not know are numbers; threads share their id with the message
they start from; forwarded messages are shares; media folders may hold JSON files that members sent. Message texts are
not kept, only their lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import StrictBool

from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.instants import OFFSET
from orchestration.formats.json_files import load_arrays
from orchestration.formats.people import People, id_in_source, reactions_without_accounts, without_accounts

if TYPE_CHECKING:
    import duckdb

_USER = "STRUCT(user_id VARCHAR, user_name VARCHAR, is_bot BOOLEAN)"


class DiscordOptions(Options):
    """Keys of the format `discord`.

    Attributes:
        official_roles: names of roles whose bearers are official.
        reaction_users: whether the exports say who reacted.
    """

    official_roles: tuple[str, ...] = ()
    reaction_users: StrictBool = True


class Discord(Format):
    """Format `discord`."""

    name = "discord"
    Options = DiscordOptions
    tables = {
        "discord_messages": {
            "channel_id": "VARCHAR",
            "channel_type": "VARCHAR",
            "parent_channel_id": "VARCHAR",
            "message_id": "VARCHAR",
            "type": "VARCHAR",
            "author_id": "VARCHAR",
            "author_name": "VARCHAR",
            "is_bot": "BOOLEAN",
            "is_official": "BOOLEAN",
            "text_length": "INTEGER",
            "content_type": "VARCHAR",
            "reference_type": "VARCHAR",
            "reference_channel_id": "VARCHAR",
            "reference_message_id": "VARCHAR",
            "mentions": f"{_USER}[]",
            "reactions": f"STRUCT(emoji VARCHAR, quantity BIGINT, users {_USER}[])[]",
        }
    }

    people = {
        "discord_messages": People(
            member_id=id_in_source("author_id"),
            names=("author_name",),
            named={
                "mentions": without_accounts("mentions", "user_id"),
                "reactions": reactions_without_accounts("user_id"),
            },
        )
    }

    def observes(self, options: DiscordOptions) -> Observes:
        """Reactions and threads. Joins only where a channel happens to announce them, so they are not promised."""
        return Observes(reactions=options.reaction_users, reaction_counts=True, threads=True)

    def table_of(self, name: str, options: Any) -> str | None:
        """Every JSON file holds a channel's messages, but for those in the folders of downloaded media."""
        *folders, file = name.split("/")
        if not file.lower().endswith(".json") or file.startswith("._"):
            return None
        return None if any(folder.lower().endswith("_files") for folder in folders) else "discord_messages"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: DiscordOptions
    ) -> Parsed:
        """One row a message, with its reactions and their users."""
        unreadable = load_arrays(connection, files, key="messages")
        roles = ", ".join(quoted(role) for role in options.official_roles)
        is_official = f"list_has_any(role_names, [{roles}])" if roles else "false"
        return Parsed(table, _MESSAGES.replace("/* is_official */", is_official), unreadable)


def _user(json: str) -> str:
    """SQL for one user of a list of users."""
    return (
        f"struct_pack(user_id := nullif({json}->>'$.id', ''),"
        f" user_name := coalesce(nullif({json}->>'$.nickname', ''), {json}->>'$.name'),"
        f" is_bot := coalesce(try_cast({json}->>'$.isBot' as boolean), false))"
    )


_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|" + OFFSET + ")"

_MESSAGES = f"""
with fields as (
    select
        j.file_no, j.row_no, j.value,
        json_type(j.value) as kind,
        nullif(h.value->>'$.channel.id', '') as channel_id,
        h.value->>'$.channel.type' as channel_type,
        nullif(h.value->>'$.channel.categoryId', '') as parent_channel_id,
        nullif(j.value->>'$.id', '') as message_id,
        j.value->>'$.type' as type,
        j.value->>'$.timestamp' as stamp,
        {_user("(j.value->'$.author')")} as author,
        json_extract_string(j.value, '$.author.roles[*].name') as role_names,
        length(j.value->>'$.content') as text_length,
        regexp_matches(j.value->>'$.content', 'https?://') or (j.value->>'$.embeds[0].url') <> '' as has_link,
        lower(split_part(j.value->>'$.attachments[0].fileName', '?', 1)) as first_file,
        coalesce(j.value->'$.stickers[0]') is not null as has_sticker,
        j.value->>'$.reference.type' as reference_type,
        nullif(j.value->>'$.reference.channelId', '') as reference_channel_id,
        nullif(j.value->>'$.reference.messageId', '') as reference_message_id,
        list_transform(json_extract(j.value, '$.mentions[*]'), lambda m: {_user("m")}) as mentions,
        coalesce(json_type(j.value, '$.reactions'), 'NULL') as reactions_kind,
        list_transform(json_extract(j.value, '$.reactions[*]'), lambda r: struct_pack(
            emoji := coalesce(nullif(r->>'$.emoji.id', ''), r->>'$.emoji.name'),
            quantity := try_cast(r->>'$.count' as bigint),
            users := list_transform(json_extract(r, '$.users[*]'), lambda u: {_user("u")})
        )) as reactions
    from json_rows j
    join json_heads h using (file_no)
),
timed as (
    select
        *,
        case when regexp_full_match(stamp, '{_INSTANT}')
            then timezone('UTC', try_cast(regexp_replace(stamp, '(\\.\\d{{6}})\\d+', '\\1') as timestamptz))
        end as row_at
    from fields
)
select
    file_no, row_no, row_at,
    case
        when kind <> 'OBJECT' then 'expected a message object, found ' || lower(kind)
        when channel_id is null then 'channel.id: missing at the head of the file'
        when message_id is null then 'id: missing'
        when type is null then 'type: missing'
        when stamp is null then 'timestamp: missing'
        when row_at is null then 'timestamp: expected an instant with an offset, found ' || left(stamp, 40)
        when author.user_id is null then 'author.id: missing'
        when reactions_kind not in ('ARRAY', 'NULL')
            or len(list_filter(reactions, lambda r: r.emoji is null or coalesce(r.quantity, -1) < 0
                or len(list_filter(r.users, lambda u: u.user_id is null)) > 0)) > 0
            then 'reactions: expected a list of emojis, each with a count and users'
        else {instant_problem("row_at")} end as reason,
    cast(value as varchar) as raw,
    channel_id, channel_type, parent_channel_id, message_id, type,
    author.user_id as author_id, author.user_name as author_name, author.is_bot as is_bot,
    coalesce(/* is_official */, false) as is_official,
    text_length,
    case
        when regexp_matches(first_file, '\\.(jpe?g|png|gif|webp|bmp|heic|avif)$') then 'image'
        when regexp_matches(first_file, '\\.(mp4|mov|webm|mkv|avi|m4v)$') then 'video'
        when regexp_matches(first_file, '\\.(ogg|opus|mp3|m4a|wav|flac|aac)$') then 'audio'
        when first_file is not null then 'file'
        when has_sticker then 'image'
        when has_link then 'link'
        else 'text'
    end as content_type,
    reference_type, reference_channel_id, reference_message_id, mentions, reactions
from timed
"""

FORMAT = Discord()
