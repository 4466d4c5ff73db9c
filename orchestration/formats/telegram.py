"""Telegram Desktop's result.json: one chat, or all chats of an account.

[[sources]]
name = "telegram"
format = "telegram"
path = "exports/telegram"
# timezone = "Europe/Berlin"      # of the computer that wrote the export: old files date messages in its time only

Quirks handled: reactions are dated in the time of the computer alone; Telegram writes control characters as `\\x0B`,
which is no JSON; those who were invited or removed are known by name alone; media folders may hold JSON files that
members sent. Message texts are not kept, only their lengths.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.config import Timezone
from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.json_files import load_nested_arrays
from orchestration.formats.people import People, id_in_source, reactions_without_accounts, without_names

if TYPE_CHECKING:
    import duckdb

_CHATS = ("chats.list", "left_chats.list")
_MEDIA_FOLDERS = {"files", "photos", "video_files", "voice_messages", "round_video_messages", "stickers", "contacts"}
_ESCAPE = re.compile(rb"\\(?:x([0-9A-F]{2})|.)", re.DOTALL)
_LINE_BYTES = 16 << 20


class TelegramOptions(Options):
    """Keys of the format `telegram`.

    Attributes:
        timezone: the zone of instants that bear none; None: that of a message's own offset, else UTC.
    """

    timezone: Timezone | None = None


class Telegram(Format):
    """Format `telegram`."""

    name = "telegram"
    Options = TelegramOptions
    tables = {
        "telegram_messages": {
            "chat_id": "VARCHAR",
            "chat_type": "VARCHAR",
            "message_id": "BIGINT",
            "type": "VARCHAR",
            "action": "VARCHAR",
            "account_id": "VARCHAR",
            "account_name": "VARCHAR",
            "reply_to_chat_id": "VARCHAR",
            "reply_to_message_id": "BIGINT",
            "is_forwarded": "BOOLEAN",
            "text_length": "INTEGER",
            "content_type": "VARCHAR",
            "member_names": "VARCHAR[]",
            "reactions": "STRUCT(emoji VARCHAR, quantity BIGINT, users STRUCT(account_id VARCHAR, account_name VARCHAR,"
            " reacted_at TIMESTAMP)[])[]",
        }
    }

    # Who is invited or removed is known by name alone.
    people = {
        "telegram_messages": People(
            member_id=id_in_source("account_id"),
            names=("account_name",),
            named_as="name:",
            named={
                "member_names": without_names("member_names", "name:"),
                "reactions": reactions_without_accounts("account_id"),
            },
        )
    }

    def observes(self, options: Any) -> Observes:
        """Reactions, joins, leaves and threads; no views, no member list."""
        return Observes(reactions=True, reaction_counts=True, joins=True, leaves=True, threads=True)

    def table_of(self, name: str, options: Any) -> str | None:
        """result.json, however it was renamed; JSON files in the folders of media are what members sent."""
        *folders, file = name.lower().split("/")
        if not file.endswith(".json") or file.startswith("._"):
            return None
        is_sent = bool(folders) and folders[-1] in _MEDIA_FOLDERS and not file.startswith("result")
        return None if is_sent else "telegram_messages"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: TelegramOptions
    ) -> Parsed:
        """One row a message, service messages among them, with its reactions."""
        with ExitStack() as mended:
            valid = [mended.enter_context(_with_valid_escapes(file)) for file in files]
            unreadable = load_nested_arrays(connection, valid, "messages", _CHATS)
        return Parsed(table, _messages(options), unreadable)


@contextmanager
def _with_valid_escapes(file: StagedFile) -> Iterator[StagedFile]:
    """The file itself, or where it holds escapes that JSON does not know a copy in which they are JSON's."""
    with file.path.open("rb") as text:
        is_valid = not any(b"\\x" in line for line in _lines(text))
        if is_valid:
            yield file
            return
        with tempfile.NamedTemporaryFile(prefix="stillhere-", suffix=".json") as copy:
            text.seek(0)
            for line in _lines(text):
                copy.write(_ESCAPE.sub(lambda found: b"\\u00" + found[1] if found[1] else found[0], line))
            copy.flush()
            yield replace(file, path=Path(copy.name))


def _lines(text: Any) -> Iterator[bytes]:
    """Lines, in pieces where they are very long; no piece ends within an escape."""
    while line := text.readline(_LINE_BYTES):
        while not line.endswith(b"\n") and b"\\" in line[-3:] and (more := text.read(1)):
            line += more
        yield line


def _messages(options: TelegramOptions) -> str:
    """SQL for the rows of the messages."""
    zone = quoted(options.timezone or "UTC")
    in_zone = f"try(timezone('UTC', timezone({zone}, try_cast({{}} as timestamp))))"
    # Of the offset between the two dates of a message the computer's zone is known well enough for its reactions.
    reacted_at = in_zone.format("u->>'$.date'")
    if options.timezone is None:
        reacted_at = (
            "coalesce(make_timestamp(cast(try_cast(u->>'$.date_unixtime' as bigint) * 1000000 as bigint)),"
            " try_cast(u->>'$.date' as timestamp) - (local_at - row_at), try_cast(u->>'$.date' as timestamp))"
        )
    possible = f"case when {instant_problem(f'({reacted_at})')} is null then {reacted_at} end"
    return _MESSAGES.replace("/* local */", in_zone.format("j.value->>'$.date'")).replace("/* reacted */", possible)


def _account(json: str, key: str) -> str:
    """SQL for an account's id; old files have the number alone."""
    written = f"nullif({json}->>'$.{key}', '')"
    return f"case when regexp_full_match({written}, '\\d+') then 'user' || {written} else {written} end"


_MESSAGES = f"""
with fields as (
    select
        j.file_no, j.row_no, j.value, j.problem, j.head_no,
        json_type(j.value) as kind,
        coalesce(h.value->>'$.id', h.value->>'$.name', h.value->>'$.type') as chat_id,
        h.value->>'$.type' as chat_type,
        j.value->>'$.id' as written_id,
        try_cast(j.value->>'$.id' as bigint) as message_id,
        j.value->>'$.type' as type,
        j.value->>'$.action' as action,
        coalesce(
            {_account("j.value", "from_id")}, {_account("j.value", "actor_id")},
            -- What a channel says without naming anybody, it says itself.
            case when (h.value->>'$.type') like '%channel' then 'channel' || (h.value->>'$.id') end
        ) as account_id,
        coalesce(j.value->>'$.from', j.value->>'$.actor') as account_name,
        j.value->>'$.date_unixtime' as stamp,
        j.value->>'$.date' as local_stamp,
        try_cast(j.value->>'$.date' as timestamp) as local_at,
        case
            when (j.value->>'$.date_unixtime') is null then /* local */
            when regexp_full_match(j.value->>'$.date_unixtime', '\\d{{1,12}}')
                then make_timestamp(cast(j.value->>'$.date_unixtime' as bigint) * 1000000)
        end as row_at,
        regexp_extract(j.value->>'$.reply_to_peer_id', '\\d+') as reply_to_chat_id,
        try_cast(j.value->>'$.reply_to_message_id' as bigint) as reply_to_message_id,
        -- A channel's own posts come forwarded into the group that discusses them: still its posts.
        json_exists(j.value, '$.forwarded_from')
            and (j.value->>'$.forwarded_from') is distinct from (j.value->>'$.from') as is_forwarded,
        case json_type(j.value, '$.text')
            when 'ARRAY' then list_sum(list_transform(json_extract(j.value, '$.text[*]'),
                lambda p: length(case json_type(p) when 'OBJECT' then p->>'$.text' else p->>'$' end)))
            else length(j.value->>'$.text')
        end as text_length,
        case
            when json_exists(j.value, '$.photo') then 'image'
            when (j.value->>'$.media_type') = 'sticker' then 'image'
            when (j.value->>'$.media_type') in ('video_file', 'video_message', 'animation') then 'video'
            when (j.value->>'$.media_type') in ('voice_message', 'audio_file') then 'audio'
            when split_part(j.value->>'$.mime_type', '/', 1) in ('image', 'video', 'audio')
                then split_part(j.value->>'$.mime_type', '/', 1)
            when json_exists(j.value, '$.file') then 'file'
            when json_exists(j.value, '$.poll') then 'poll'
            when list_has_any(
                json_extract_string(j.value, '$.text[*].type')
                    || json_extract_string(j.value, '$.text_entities[*].type'),
                ['link', 'text_link']
            ) then 'link'
            else 'text'
        end as content_type,
        json_extract_string(j.value, '$.members[*]') as member_names,
        coalesce(json_type(j.value, '$.reactions'), 'NULL') as reactions_kind,
        json_extract(j.value, '$.reactions[*]') as reaction_list
    from json_rows j
    left join json_heads h using (head_no)
),
reacted as (
    select
        *,
        list_transform(reaction_list, lambda r: struct_pack(
            emoji := coalesce(r->>'$.emoji', r->>'$.document_id', r->>'$.type'),
            quantity := try_cast(r->>'$.count' as bigint),
            users := list_transform(
                list_filter(json_extract(r, '$.recent[*]'), lambda u: nullif(u->>'$.from_id', '') is not null),
                lambda u: struct_pack(
                    account_id := {_account("u", "from_id")},
                    account_name := u->>'$.from',
                    reacted_at := try(/* reacted */)
                )
            )
        )) as reactions
    from fields
)
select
    file_no, row_no, row_at,
    case
        when problem is not null then 'a chat without messages: ' || problem
        when kind <> 'OBJECT' then 'expected a message object, found ' || lower(kind)
        when chat_id is null then 'id: missing at the head of the chat'
        when written_id is null then 'id: missing'
        when message_id is null then 'id: expected a number, found ' || left(written_id, 40)
        when type = 'unsupported' then 'a kind of message that Telegram Desktop could not export, nor date'
        when type is null or type not in ('message', 'service')
            then 'type: expected message or service, found ' || coalesce(left(type, 40), 'nothing')
        when stamp is null and local_stamp is null then 'date_unixtime: missing'
        when row_at is null and stamp is not null
            then 'date_unixtime: expected epoch seconds, found ' || left(stamp, 40)
        when row_at is null then 'date: expected an instant, found ' || left(local_stamp, 40)
        when reactions_kind not in ('ARRAY', 'NULL')
            or len(list_filter(reactions, lambda r: r.emoji is null or coalesce(r.quantity, -1) < 0)) > 0
            then 'reactions: expected a list of emojis, each with a count'
        else {instant_problem("row_at")} end as reason,
    cast(value as varchar) as raw,
    chat_id, chat_type, message_id, type, action, account_id, account_name,
    coalesce(nullif(reply_to_chat_id, ''), chat_id) as reply_to_chat_id, reply_to_message_id,
    is_forwarded, text_length, content_type, member_names, reactions
from reacted
"""

FORMAT = Telegram()
