"""Mastodon account archives: outbox.json with all that one account wrote and boosted, actor.json with who it is.

Quirks handled: every person's archive is one of its own, and several of them make a source. Only what is public or
unlisted is an act of the community; the rest is private. likes.json and bookmarks.json bear no instants, and what they
name is elsewhere: they are not read. Texts are not kept, only their lengths.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import StrictBool

from orchestration.formats.base import (
    Format,
    Observes,
    Options,
    Parsed,
    StagedFile,
    instant_problem,
    path_sql,
)
from orchestration.formats.instants import OFFSET
from orchestration.formats.json_files import load_arrays
from orchestration.formats.people import People, id_in_source

if TYPE_CHECKING:
    import duckdb

_FILE = re.compile(r"(?:.*/)?(outbox|actor)\.json", re.DOTALL)
_MAX_ACTOR_BYTES = 1 << 20
_INSTANT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|" + OFFSET + ")"
_PUBLIC = "['https://www.w3.org/ns/activitystreams#Public', 'as:Public', 'Public']"


_ADDRESSES = ("object_id", "in_reply_to", "conversation")
# Addresses of posts hold the name of their account.
_ADDRESS = "^(https?://[^/]+)/(?:users/|@)([^/]+)(/.*)?$"


def _without_account(column: str) -> str:
    """SQL for an address without the account in it where that was erased: what answers it stays an answer."""
    server, name, rest = (f"regexp_extract({column}, '{_ADDRESS}', {group})" for group in (1, 2, 3))
    account = f"{server} || '/users/' || {name}"
    return f"case when is_erased({id_in_source(account)}) then {server} || '/erased' || {rest} else {column} end"


class MastodonOptions(Options):
    """Keys of the format `mastodon`.

    Attributes:
        official: whether the archives are those of the community's own accounts (brand, staff).
    """

    official: StrictBool = False


class Mastodon(Format):
    """Format `mastodon`."""

    name = "mastodon"
    Options = MastodonOptions
    tables = {
        "mastodon_activities": {
            "activity_id": "VARCHAR",
            "activity_type": "VARCHAR",
            "actor": "VARCHAR",
            "object_id": "VARCHAR",
            "object_type": "VARCHAR",
            "in_reply_to": "VARCHAR",
            "conversation": "VARCHAR",
            "is_public": "BOOLEAN",
            "is_official": "BOOLEAN",
            "text_length": "INTEGER",
            "media_types": "VARCHAR[]",
        },
        "mastodon_actors": {
            "actor": "VARCHAR",
            "actor_name": "VARCHAR",
            "is_bot": "BOOLEAN",
            "is_official": "BOOLEAN",
            "joined_at": "TIMESTAMP",
        },
    }

    people = {
        "mastodon_activities": People(
            member_id=id_in_source("actor"),
            named={column: _without_account(column) for column in _ADDRESSES},
        ),
        "mastodon_actors": People(member_id=id_in_source("actor"), names=("actor_name",)),
    }

    def observes(self, options: MastodonOptions) -> Observes:
        """When accounts came to be, and what replies to what; who reacted or read is in nobody's own archive."""
        return Observes(joins=True, threads=True)

    def table_of(self, name: str, options: MastodonOptions) -> str | None:
        """outbox.json and actor.json; what was liked and bookmarked has no instants, and media carry no figures."""
        found = _FILE.fullmatch(name)
        if found is None:
            return None
        return "mastodon_activities" if found[1] == "outbox" else "mastodon_actors"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: MastodonOptions
    ) -> Parsed:
        """One row an activity of the outbox, or one row an account."""
        if table == "mastodon_actors":
            unreadable = _load_actors(connection, files)
            return Parsed(table, _actors_sql(options.official), unreadable)
        unreadable = load_arrays(connection, files, key="orderedItems")
        return Parsed(table, _activities_sql(options.official), unreadable)


def _load_actors(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile]) -> dict[int, str]:
    """Reads files that each hold one account into `actor_rows(file_no, value JSON)`; returns which hold none."""
    connection.execute("create or replace temp table actor_texts (file_no integer, content varchar)")
    unreadable = {}
    for file in files:
        if file.path.stat().st_size > _MAX_ACTOR_BYTES:
            unreadable[file.number] = f"longer than {_MAX_ACTOR_BYTES >> 20} MB, which no account is: not read"
            continue
        connection.execute(
            f"insert into actor_texts select {file.number}, ltrim(content, chr(65279))"
            f" from read_text({path_sql(file.path)})"
        )
    connection.execute(
        "create or replace temp table actor_rows as select file_no, cast(content as json) as value from actor_texts"
        " where json_valid(content) and try(json_type(content)) = 'OBJECT'"
    )
    broken = connection.execute(
        """
        select file_no, case
            when trim(content, e' \\t\\r\\n') = '' then 'empty file'
            when not json_valid(content) then 'not valid JSON (cut off?)'
            else 'expected an account object, found ' || lower(json_type(content)) end
        from actor_texts where file_no not in (select file_no from actor_rows)
        """
    ).fetchall()
    return unreadable | dict(broken)


def _instant(path: str) -> str:
    """SQL for the UTC instant at a JSON path; null where there is none, or it bears no zone."""
    text = f"value->>'{path}'"
    return (
        f"case when regexp_full_match({text}, '{_INSTANT}') then timezone('UTC', try_cast({text} as timestamptz)) end"
    )


# `to` and `cc` are a text or a list of them.
_ADDRESSED = " || ".join(
    f"case when json_type(value, '{path}') = 'ARRAY' then json_extract_string(value, '{path}[*]')"
    f" else [value->>'{path}'] end"
    for path in ("$.to", "$.cc")
)


def _activities_sql(official: bool) -> str:
    """SQL for the rows of an outbox, out of `json_rows`."""
    return f"""
    with fields as (
        select
            file_no, row_no, value, json_type(value) as kind,
            value->>'$.id' as activity_id,
            value->>'$.type' as activity_type,
            value->>'$.actor' as actor,
            value->>'$.published' as published,
            {_instant("$.published")} as row_at,
            case when json_type(value, '$.object') = 'VARCHAR'
                then value->>'$.object' else value->>'$.object.id' end as object_id,
            value->>'$.object.type' as object_type,
            nullif(value->>'$.object.inReplyTo', '') as in_reply_to,
            coalesce(value->>'$.object.conversation', value->>'$.object.context') as conversation,
            list_has_any({_ADDRESSED}, {_PUBLIC}) as is_public,
            length(value->>'$.object.content') as text_length,
            json_extract_string(value, '$.object.attachment[*].mediaType') as media_types
        from json_rows
    )
    select
        file_no, row_no, row_at,
        case
            when kind <> 'OBJECT' then 'expected an activity object, found ' || lower(kind)
            when coalesce(activity_type, '') = '' then 'type: missing'
            when coalesce(actor, '') = '' then 'actor: missing'
            when published is null then 'published: missing'
            when row_at is null then 'published: expected an instant with a zone, found ' || left(published, 40)
            when activity_type in ('Create', 'Announce') and coalesce(object_id, '') = ''
                then 'object: missing, or without an id'
            else {instant_problem("row_at")} end as reason,
        cast(value as varchar) as raw,
        activity_id, activity_type, actor, object_id, object_type, in_reply_to, conversation,
        coalesce(is_public, false) as is_public, {str(official).lower()} as is_official, text_length, media_types
    from fields
    """


def _actors_sql(official: bool) -> str:
    """SQL for the rows of accounts, out of `actor_rows`."""
    return f"""
    with fields as (
        select *, value->>'$.published' as published, {_instant("$.published")} as joined_at from actor_rows
    )
    select
        file_no, 1 as row_no, cast(null as timestamp) as row_at,
        case
            when coalesce(value->>'$.id', '') = '' then 'id: missing'
            when published is not null and joined_at is null
                then 'published: expected an instant with a zone, found ' || left(published, 40)
            when {instant_problem("joined_at")} is not null then 'published: ' || {instant_problem("joined_at")}
        end as reason,
        cast(value as varchar) as raw,
        value->>'$.id' as actor,
        coalesce(nullif(value->>'$.name', ''), value->>'$.preferredUsername') as actor_name,
        coalesce(value->>'$.type', '') in ('Service', 'Application') as is_bot,
        {str(official).lower()} as is_official,
        joined_at
    from fields
    """


FORMAT = Mastodon()
