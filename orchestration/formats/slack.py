"""Slack workspace exports: a folder or zip with users.json and one <channel>/YYYY-MM-DD.json a day.

Quirks handled: files are cut into days in the workspace owner's zone, so only `ts` says when; folders are named after
channels, which may be renamed between two exports (channels.json and groups.json tell); folders that those do not know
still count; channel folders also hold files that are no messages (canvases). Message texts are not kept, only their
lengths.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from orchestration.formats.base import (
    Format,
    MemberListOptions,
    Observes,
    Parsed,
    StagedFile,
    decimal_sql,
    instant_problem,
    number_files,
)
from orchestration.formats.json_files import load_arrays, scan_arrays
from orchestration.formats.people import NOBODY, People, id_in_source, unless_erased

if TYPE_CHECKING:
    import duckdb

_DAY_FILE = re.compile(r"(?:.*/)?[^/]+/\d{4}-\d{2}-\d{2}\.json", re.DOTALL)
_CHANNELS_FILE = re.compile(r"(?:.*/)?(?:channels|groups)\.json", re.DOTALL)
_USERS_FILE = re.compile(r"(?:.*/)?users\.json", re.DOTALL)
_REACTIONS = '[{"name":"VARCHAR","users":["VARCHAR"]}]'


class Slack(Format):
    """Format `slack`."""

    name = "slack"
    member_list = "slack_users"
    Options = MemberListOptions
    tables = {
        "slack_messages": {
            "channel": "VARCHAR",
            "ts": "VARCHAR",
            "user_id": "VARCHAR",
            "subtype": "VARCHAR",
            "bot_id": "VARCHAR",
            "thread_ts": "VARCHAR",
            "parent_user_id": "VARCHAR",
            "text_length": "INTEGER",
            "mimetypes": "VARCHAR[]",
            "has_link": "BOOLEAN",
            "reactions": "STRUCT(name VARCHAR, users VARCHAR[])[]",
        },
        "slack_users": {
            "user_id": "VARCHAR",
            "user_name": "VARCHAR",
            "is_bot": "BOOLEAN",
            "is_official": "BOOLEAN",
            "is_deleted": "BOOLEAN",
            "updated": "BIGINT",
            "tz": "VARCHAR",
        },
        "slack_channels": {"channel_id": "VARCHAR", "channel_name": "VARCHAR"},
    }

    # A message posted through a bot is the bot's act, also when it bears a person's id.
    people = {
        "slack_messages": People(
            member_id=id_in_source("coalesce(bot_id, user_id)"),
            named={
                "user_id": unless_erased("user_id"),
                "parent_user_id": unless_erased("parent_user_id"),
                # Of each emoji the users; one that nobody is left of goes.
                "reactions": f"""list_filter(
                    list_transform(reactions, lambda one: struct_pack(
                        name := one.name,
                        users := list_filter(one.users, lambda who: not is_erased({id_in_source("who")})))),
                    lambda one: len(one.users) > 0)""",
            },
        ),
        "slack_users": People(member_id=id_in_source("user_id"), names=("user_name",)),
        "slack_channels": NOBODY,
    }

    def observes(self, options: Any) -> Observes:
        """Reactions, joins, threads and the member list; no views, no leaves."""
        return Observes(reactions=True, joins=True, threads=True, members=True)

    def table_of(self, name: str, options: Any) -> str | None:
        """Day files are messages, users.json is the member list; canvases and logs carry no figures."""
        if _DAY_FILE.fullmatch(name):
            return "slack_messages"
        if _CHANNELS_FILE.fullmatch(name):
            return "slack_channels"
        return "slack_users" if _USERS_FILE.fullmatch(name) else None

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Any
    ) -> Parsed:
        """One row a message (with its reactions), one row a user, or one row a channel."""
        if table == "slack_channels":
            return Parsed(table, _CHANNELS, load_arrays(connection, files))
        if table == "slack_users":
            return Parsed(table, _USERS, load_arrays(connection, files))
        folders = {file.number: file.name.rsplit("/", 2)[-2] if "/" in file.name else "" for file in files}
        number_files(connection, "channels", "channel", folders)
        unreadable, rows = scan_arrays(connection, files)
        return Parsed(table, f"with given as ({rows}), {_MESSAGES}", unreadable)


# `ts` is epoch seconds with six decimals in a string: a decimal holds it exactly, a float would not.
_MESSAGES = f"""
taken as (
    -- All at once: each call reads the whole message.
    select
        j.file_no, j.row_no, j.value, c.channel,
        json_extract_string(
            j.value, ['$.ts', '$.user', '$.comment.user', '$.subtype', '$.bot_id', '$.thread_ts', '$.parent_user_id',
            '$.text']
        ) as texts
    from given j join channels c using (file_no)
),
fields as (
    select
        file_no, row_no, value, channel,
        json_type(value) as kind,
        texts[1] as ts,
        coalesce(texts[2], texts[3]) as user_id,
        texts[4] as subtype,
        texts[5] as bot_id,
        nullif(texts[6], '') as thread_ts,
        texts[7] as parent_user_id,
        length(texts[8]) as text_length,
        [coalesce(file->>'$.mimetype', '') for file in json_extract(value, '$.files[*]') if json_type(file) = 'OBJECT']
            as mimetypes,
        len(json_extract(value, '$.attachments[*].from_url')) > 0 as has_link,
        coalesce(json_type(value, '$.reactions'), 'NULL') = 'NULL' as has_no_reactions,
        try(json_transform_strict(value->'$.reactions', '{_REACTIONS}')) as reactions
    from taken
),
timed as (
    select
        *,
        case when regexp_full_match(ts, '\\d{{1,12}}(\\.\\d{{1,6}})?')
            then make_timestamp(cast({decimal_sql("ts", 6)} * 1000000 as bigint)) end as row_at
    from fields
)
select
    file_no, row_no, row_at,
    case
        when kind <> 'OBJECT' then 'expected a message object, found ' || lower(kind)
        when ts is null then 'ts: missing'
        when row_at is null then 'ts: expected epoch seconds, found ' || left(ts, 40)
        when thread_ts is not null and not regexp_full_match(thread_ts, '\\d{{1,12}}(\\.\\d{{1,6}})?')
            then 'thread_ts: expected epoch seconds, found ' || left(thread_ts, 40)
        when not has_no_reactions and reactions is null then 'reactions: expected a list of names with users'
        else {instant_problem("row_at")} end as reason,
    cast(value as varchar) as raw,
    channel, ts, user_id, subtype, bot_id, thread_ts, parent_user_id, text_length, mimetypes, has_link, reactions
from timed
"""

_USERS = """
select
    file_no, row_no, cast(null as timestamp) as row_at,
    case
        when json_type(value) <> 'OBJECT' then 'expected a user object, found ' || lower(json_type(value))
        when coalesce(value->>'$.id', '') = '' then 'id: missing'
    end as reason,
    cast(value as varchar) as raw,
    value->>'$.id' as user_id,
    coalesce(
        nullif(value->>'$.profile.display_name', ''), nullif(value->>'$.profile.real_name', ''),
        nullif(value->>'$.real_name', ''), value->>'$.name'
    ) as user_name,
    coalesce(try_cast(value->>'$.is_bot' as boolean), false) as is_bot,
    coalesce(try_cast(value->>'$.is_admin' as boolean), false)
        or coalesce(try_cast(value->>'$.is_owner' as boolean), false)
        or coalesce(try_cast(value->>'$.is_primary_owner' as boolean), false) as is_official,
    coalesce(try_cast(value->>'$.deleted' as boolean), false) as is_deleted,
    try_cast(value->>'$.updated' as bigint) as updated,
    value->>'$.tz' as tz
from json_rows
"""

_CHANNELS = """
select
    file_no, row_no, cast(null as timestamp) as row_at,
    case
        when json_type(value) <> 'OBJECT' then 'expected a channel object, found ' || lower(json_type(value))
        when coalesce(value->>'$.id', '') = '' then 'id: missing'
        when coalesce(value->>'$.name', '') = '' then 'name: missing'
    end as reason,
    cast(value as varchar) as raw,
    value->>'$.id' as channel_id,
    value->>'$.name' as channel_name
from json_rows
"""

FORMAT = Slack()
