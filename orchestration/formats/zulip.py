"""Zulip: the JSON of a public archive (zulip-archive), or an organization's own export.

A public archive has `stream_index.json` and `<id-stream>/<topic>.json`, lists of `{content, id, sender_full_name,
timestamp}`: members are names, and nobody is known before the first message. An organization's export has
`realm.json` (accounts, recipients, reactions, a log of what happened to accounts) and `messages-000001.json` and so on:
members are account ids.

Quirks handled: topics are percent-encoded in file names, with "." for "%"; moved topics repeat ids. Message texts are
not kept, only their lengths and kinds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from orchestration.formats.base import Format, Observes, Parsed, StagedFile, instant_problem, number_files
from orchestration.formats.json_files import epoch_instant, load_arrays, shown, whole_number
from orchestration.formats.json_objects import load_tables
from orchestration.formats.people import People, id_in_source, unless_erased

if TYPE_CHECKING:
    import duckdb

# A stream's folder begins with its number, so that a topic of any name is told from the files of a server export.
_STREAM_FOLDER = re.compile(r"\d+-.*", re.DOTALL)
_SERVER_MESSAGES = re.compile(r"messages-\d+\.json")
_NO_TOPICS = {"stream_index.json", "attachment.json", "analytics.json", "migration_status.json", "records.json"}
_ENCODED = re.compile(r"\.(?=[0-9A-Fa-f]{2})")


class Zulip(Format):
    """Format `zulip`."""

    name = "zulip"
    member_list = "zulip_realm"
    tables = {
        "zulip_messages": {
            "stream": "VARCHAR",
            "topic": "VARCHAR",
            "message_id": "BIGINT",
            "sender_full_name": "VARCHAR",
            "content_length": "INTEGER",
            "content_type": "VARCHAR",
        },
        "zulip_server_messages": {
            "recipient_id": "BIGINT",
            "topic": "VARCHAR",
            "message_id": "BIGINT",
            "sender_id": "BIGINT",
            "content_length": "INTEGER",
            "content_type": "VARCHAR",
        },
        "zulip_realm": {
            "kind": "VARCHAR",
            "id": "BIGINT",
            "full_name": "VARCHAR",
            "is_bot": "BOOLEAN",
            "is_official": "BOOLEAN",
            "is_active": "BOOLEAN",
            "date_joined": "TIMESTAMP",
            "last_login": "TIMESTAMP",
            "recipient_type": "BIGINT",
            "type_id": "BIGINT",
            "user_id": "BIGINT",
            "message_id": "BIGINT",
            "emoji": "VARCHAR",
            "event_type": "BIGINT",
            "is_backfilled": "BOOLEAN",
        },
    }

    # In an archive names are ids. A recipient that is a person's stays one, of nobody.
    people = {
        "zulip_messages": People(member_id=id_in_source("sender_full_name"), names=("sender_full_name",)),
        "zulip_server_messages": People(member_id=id_in_source("sender_id")),
        "zulip_realm": People(
            member_id=id_in_source(
                "case when kind in ('reaction', 'event') then user_id when kind <> 'recipient' then id end"
            ),
            names=("full_name",),
            named={
                "type_id": f"case when recipient_type is distinct from 1 then type_id"
                f" else {unless_erased('type_id')} end"
            },
        ),
    }

    def observes(self, options: Any) -> Observes:
        """A public archive: threads only."""
        return Observes(threads=True)

    def observes_in(self, options: Any, tables: Mapping[str, Collection[str]]) -> Observes:
        """An organization's own export also lists the members, with their joining and leaving, and who reacted."""
        if "zulip_realm" not in tables:
            return self.observes(options)
        return replace(self.observes(options), reactions=True, joins=True, leaves=True, members=True)

    def table_of(self, name: str, options: Any) -> str | None:
        """Files in streams' folders are topics; the rest is told by its name."""
        *folders, file = name.split("/")
        if not file.endswith(".json") or file.startswith("._"):
            return None
        if not (folders and _STREAM_FOLDER.fullmatch(folders[-1])):
            if file == "realm.json":
                return "zulip_realm"
            if _SERVER_MESSAGES.fullmatch(file):
                return "zulip_server_messages"
            if file in _NO_TOPICS:
                return None
        return "zulip_messages"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Any
    ) -> Parsed:
        """One row a message; or of realm.json one row an account, recipient, reaction or event of an account."""
        if table == "zulip_server_messages":
            return Parsed(table, _SERVER_MESSAGE_ROWS, load_arrays(connection, files, key="zerver_message"))
        if table == "zulip_realm":
            return Parsed(table, _REALM_ROWS, load_tables(connection, files, _REALM_LISTS, "zerver_userprofile"))
        unreadable = load_arrays(connection, files)
        folders = {file.number: file.name.rsplit("/", 2)[-2] if "/" in file.name else "" for file in files}
        number_files(connection, "streams", "stream", folders)
        number_files(connection, "topics", "topic", {file.number: topic_of(file.name) for file in files})
        return Parsed(table, _ARCHIVED_ROWS, unreadable)


def topic_of(name: str) -> str:
    """The topic that a file of an archive holds: its name, percent-encoded with "." for "%"."""
    stem = name.rsplit("/", 1)[-1].removesuffix(".json")
    return unquote(_ENCODED.sub("%", stem.replace("%", "%25")))


_ARCHIVED_ROWS = f"""
with fields as (
    select
        j.file_no, j.row_no, j.value, json_type(j.value) as kind, s.stream, t.topic,
        {whole_number("$.id", "j.value")} as message_id,
        j.value->>'$.sender_full_name' as sender_full_name,
        {epoch_instant("$.timestamp", "j.value")} as row_at,
        j.value->>'$.content' as content
    from json_rows j join streams s using (file_no) join topics t using (file_no)
)
select
    file_no, row_no, row_at,
    case
        when kind <> 'OBJECT' then 'expected a message object, found ' || lower(kind)
        when message_id is null then 'id: expected a whole number, found ' || {shown("$.id")}
        when coalesce(trim(sender_full_name), '') = '' then 'sender_full_name: missing'
        when row_at is null then 'timestamp: expected epoch seconds, found ' || {shown("$.timestamp")}
        else {instant_problem("row_at")} end as reason,
    cast(value as varchar) as raw,
    stream, topic, message_id, sender_full_name, length(content) as content_length,
    case
        when contains(content, 'youtube-video') or contains(content, 'message_inline_video') then 'video'
        when contains(content, 'message_inline_image') then 'image'
        when contains(content, 'href="http') then 'link'
        else 'text' end as content_type
from fields
"""

_SERVER_MESSAGE_ROWS = f"""
with fields as (
    select
        file_no, row_no, value, json_type(value) as kind,
        {whole_number("$.id")} as message_id,
        {whole_number("$.sender")} as sender_id,
        {whole_number("$.recipient")} as recipient_id,
        {epoch_instant("$.date_sent")} as row_at,
        coalesce(value->>'$.subject', '') as topic,
        length(value->>'$.content') as content_length
    from json_rows
)
select
    file_no, row_no, row_at,
    case
        when kind <> 'OBJECT' then 'expected a message object, found ' || lower(kind)
        when message_id is null then 'id: expected a whole number, found ' || {shown("$.id")}
        when sender_id is null then 'sender: expected an account''s number, found ' || {shown("$.sender")}
        when recipient_id is null then 'recipient: expected a whole number, found ' || {shown("$.recipient")}
        when row_at is null then 'date_sent: expected epoch seconds, found ' || {shown("$.date_sent")}
        else {instant_problem("row_at")} end as reason,
    cast(value as varchar) as raw,
    recipient_id, topic, message_id, sender_id, content_length,
    case
        when (value->>'$.has_image') = 'true' then 'image'
        when (value->>'$.has_attachment') = 'true' then 'file'
        when (value->>'$.has_link') = 'true' then 'link'
        else 'text' end as content_type
from fields
"""

# Of the tables in realm.json those that carry figures: accounts (the server's own bots and placeholders of accounts
# that are not exported among them), whom a recipient number means, who reacted to what, and of what happened in the
# organization (`_EVENTS`) who was deactivated or is there again. The log also has each change of a subscription.
_REALM_LISTS = {
    "user": "zerver_userprofile",
    "placeholder": "zerver_userprofile_mirrordummy",
    "system_bot": "zerver_userprofile_crossrealm",
    "recipient": "zerver_recipient",
    "reaction": "zerver_reaction",
    "event": "zerver_realmauditlog",
}
# USER_ACTIVATED, USER_DEACTIVATED and USER_REACTIVATED of Zulip's AuditLogEventType.
_EVENTS = (102, 103, 104)
_REALM_ROWS = f"""
with fields as (
    select
        file_no, row_no, kind, value,
        json_type(value) as found,
        {whole_number("$.id")} as id,
        {epoch_instant("$.date_joined")} as date_joined,
        {epoch_instant("$.last_login")} as last_login,
        {whole_number("$.type")} as recipient_type,
        {whole_number("$.type_id")} as type_id,
        coalesce({whole_number("$.user_profile")}, {whole_number("$.modified_user")}) as user_id,
        {whole_number("$.message")} as message_id,
        {whole_number("$.role")} as role,
        {whole_number("$.event_type")} as event_type,
        case when kind = 'event' then {epoch_instant("$.event_time")} end as row_at
    from json_items
)
select
    file_no, row_no, row_at,
    case
        when found <> 'OBJECT' then kind || ': expected an object, found ' || lower(found)
        when id is null then kind || ': id: expected a whole number, found ' || {shown("$.id")}
        when kind = 'user' and date_joined is null
            then 'user: date_joined: expected epoch seconds, found ' || {shown("$.date_joined")}
        when kind = 'user' then 'user: date_joined: ' || {instant_problem("date_joined")}
        when kind = 'recipient' and (recipient_type is null or type_id is null)
            then 'recipient: type and type_id: expected whole numbers, found ' || {shown("$.type")}
                || ' and ' || {shown("$.type_id")}
        when kind = 'reaction' and (user_id is null or message_id is null)
            then 'reaction: user_profile and message: expected whole numbers, found ' || {shown("$.user_profile")}
                || ' and ' || {shown("$.message")}
        when kind = 'event' and event_type is null
            then 'event: event_type: expected a whole number, found ' || {shown("$.event_type")}
        when kind = 'event' and user_id is null
            then 'event: modified_user: expected a whole number, found ' || {shown("$.modified_user")}
        when kind = 'event' and row_at is null
            then 'event: event_time: expected epoch seconds, found ' || {shown("$.event_time")}
        when kind = 'event' then 'event: event_time: ' || {instant_problem("row_at")}
    end as reason,
    cast(value as varchar) as raw,
    kind, id, value->>'$.full_name' as full_name,
    kind = 'system_bot' or coalesce(value->>'$.is_bot', '') = 'true' as is_bot,
    -- Owners, administrators and moderators; before roles there were flags.
    coalesce(role in (100, 200, 300), false) or coalesce(value->>'$.is_realm_admin', '') = 'true' as is_official,
    coalesce(value->>'$.is_active', 'true') <> 'false' as is_active,
    date_joined, last_login, recipient_type, type_id, user_id, message_id,
    coalesce(value->>'$.emoji_name', '') || '/' || coalesce(value->>'$.emoji_code', '') as emoji,
    event_type, coalesce(value->>'$.backfilled', '') = 'true' as is_backfilled
from fields
where kind <> 'event' or event_type in {_EVENTS} or event_type is null
"""

FORMAT = Zulip()
