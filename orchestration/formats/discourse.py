"""Discourse: one JSON a post as the API gives it, in any folders; and JSON or CSV lists of users where there are some.

Quirks handled: a post that was fetched several times counts once, as of its latest `updated_at`; `reactions` and
`actions_summary` tell of the same likes. How many people read a post is not used: it is a count as of the day on
which the post was fetched, and says nothing of the weeks. Posts of a private conversation (`archetype`
private_message) are messages. Texts are not kept, only their lengths and kinds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from orchestration.formats.base import Format, MemberListOptions, Observes, Parsed, StagedFile, instant_problem
from orchestration.formats.instants import instant_sql
from orchestration.formats.json_files import shown, whole_number
from orchestration.formats.json_objects import load_objects
from orchestration.formats.people import People, id_in_source
from orchestration.formats.tabular import load_columns
from orchestration.formats.tabular_columns import TabularOptions

if TYPE_CHECKING:
    import duckdb

# Where user lists lie: in folders or files that are named so. Posts are everything else that is JSON.
_USERS = re.compile(
    r"(?:user[-_]?list|user[-_]?export|users?|members?|directory[-_]?items)(?:[-_.\d].*)?", re.IGNORECASE
)
_USER_FOLDERS = {"users", "user", "u", "members"}
_POST_LISTS = ("$.latest_posts", "$.private_posts", "$.post_stream.posts")
_USER_LISTS = ("$.users", "$.directory_items", "$.user_list")
_CSV = TabularOptions(delimiter=",")
# More reactions to one post than there are people are no reactions, and sums of such numbers overflow.
_MOST = 10_000_000_000
# Each of thirty JSON functions holds the posts that it looks into, up to 2,048 at a time.
_PIECE_BYTES = 8 << 20
_USER_COLUMNS = ("id", "username", "name", "created_at", "trust_level", "admin", "moderator")


class DiscourseOptions(MemberListOptions):
    """Keys of the format `discourse`.

    Attributes:
        member_list: "partial" unless the config says "whole": users are often fetched one by one, as posts name them.
    """

    member_list: Literal["whole", "partial"] = "partial"


class Discourse(Format):
    """Format `discourse`."""

    Options = DiscourseOptions

    name = "discourse"
    member_list = "discourse_users"
    tables = {
        "discourse_posts": {
            "post_id": "BIGINT",
            "updated_at": "TIMESTAMP",
            "topic_id": "BIGINT",
            "post_number": "BIGINT",
            "reply_to_post_number": "BIGINT",
            "category_id": "BIGINT",
            "post_type": "BIGINT",
            "is_private": "BOOLEAN",
            "user_id": "BIGINT",
            "username": "VARCHAR",
            "is_official": "BOOLEAN",
            "content_length": "INTEGER",
            "content_type": "VARCHAR",
            "reactions": "BIGINT",
            "likes": "BIGINT",
        },
        "discourse_users": {
            "user_id": "BIGINT",
            "username": "VARCHAR",
            "joined_at": "TIMESTAMP",
            "trust_level": "BIGINT",
            "is_official": "BOOLEAN",
        },
    }

    people = {
        "discourse_posts": People(member_id=id_in_source("user_id"), names=("username",)),
        "discourse_users": People(member_id=id_in_source("user_id"), names=("username",)),
    }

    def observes(self, options: Any) -> Observes:
        """Posts: threads, and reactions as numbers."""
        return Observes(threads=True, reaction_counts=True)

    def observes_in(self, options: Any, tables: Mapping[str, Collection[str]]) -> Observes:
        """With a list of users also the members and their joining."""
        listed = "discourse_users" in tables
        return replace(self.observes(options), joins=listed, members=listed)

    def table_of(self, name: str, options: Any) -> str | None:
        """Lists of users by the name of folder or file; every other JSON file holds posts."""
        *folders, file = name.split("/")
        stem, _, ending = file.rpartition(".")
        of_users = bool(_USERS.fullmatch(stem))
        if file.startswith("."):
            return None
        if ending.lower() == "csv":
            return "discourse_users" if of_users else None
        if ending.lower() != "json":
            return None
        in_users = any(folder.lower() in _USER_FOLDERS for folder in folders)
        return "discourse_users" if of_users or in_users else "discourse_posts"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Any
    ) -> Parsed:
        """One row a post, or one row a listed user."""
        if table == "discourse_posts":
            return Parsed(table, "select * from posts", _load_posts(connection, files))
        pages = [file for file in files if not file.name.lower().endswith(".csv")]
        unreadable = load_objects(connection, pages, _USER_LISTS)
        connection.execute(f"create or replace temp table users as {_JSON_USERS}")
        for file in files:
            if file.name.lower().endswith(".csv"):
                unreadable |= _load_user_list(connection, file)
        return Parsed(table, _USERS_ROWS, unreadable)


def _load_posts(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile]) -> dict[int, str]:
    """Reads posts into the temporary table `posts`; returns the files that hold something else, with the reason."""
    unreadable: dict[int, str] = {}
    connection.execute("drop table if exists posts")
    for some in _pieces(files):
        unreadable |= load_objects(connection, some, _POST_LISTS)
        rows = f"select * replace (case when reason is not null then raw end as raw) from ({_POSTS})"
        connection.execute(f"create temp table if not exists posts as from ({rows}) limit 0")
        connection.execute(f"insert into posts {rows}")
    return unreadable


def _pieces(files: Sequence[StagedFile]) -> Iterator[list[StagedFile]]:
    """The files in lists of not more than `_PIECE_BYTES`, but for a file that alone is larger."""
    piece: list[StagedFile] = []
    room = 0
    for file in files:
        size = file.path.stat().st_size
        if piece and size > room:
            yield piece
            piece = []
        room = (room if piece else _PIECE_BYTES) - size
        piece.append(file)
    yield piece


def _load_user_list(connection: duckdb.DuckDBPyConnection, file: StagedFile) -> dict[int, str]:
    """Adds the rows of a user_list.csv to `users`; only id and username have to be there."""
    with file.path.open(encoding="utf-8-sig", newline="") as handle:
        try:
            header = next(csv.reader(handle), [])
        except csv.Error as error:
            return {file.number: f"the first line cannot be cut into columns: {error}"}
    columns = {name: name for name in _USER_COLUMNS if name in header or name in ("id", "username")}
    unreadable = load_columns(connection, [file], _CSV, columns)
    values = ", ".join(name if name in columns else "cast(null as varchar)" for name in _USER_COLUMNS)
    raw = "cast(to_json({" + ", ".join(f"'{name}': {name}" for name in columns) + "}) as varchar)"
    connection.execute(f"insert into users select file_no, row_no, reason, coalesce(raw, {raw}), {values} from mapped")
    return unreadable


# Of the actions only 2 is a like; the others are flags. What pictures a post shows are those that are no emoji and no
# picture of a person or a linked site.
# A page of a topic says what kind it is; a post by itself says so in webhooks alone. A post with the topic's title also
# has its category, and only private conversations have none.
# A post is mostly its text: it is taken out first, so that the other functions need not go through it.
_POSTS = f"""
with texts as (
    select
        file_no, row_no, one.value as whole, json_type(one.value) as kind,
        json_extract_string(one.value, ['$.cooked', '$.raw']) as texts,
        heads.value->>'$.archetype' as archetype_of_all
    from json_rows as one left join json_heads as heads using (file_no)
),
posts as (
    select
        file_no, row_no, whole, kind, archetype_of_all, coalesce(texts[1], texts[2]) as content,
        length(coalesce(texts[2], texts[1])) as content_length,
        case when kind = 'OBJECT' then json_merge_patch(whole, '{{"cooked":null,"raw":null}}') else whole end as value
    from texts
),
fields as (
    select
        file_no, row_no, whole, value, kind, content, content_length,
        {whole_number("$.id")} as post_id,
        value->>'$.created_at' as created_at,
        value->>'$.updated_at' as updated,
        {whole_number("$.topic_id")} as topic_id,
        {whole_number("$.post_number")} as post_number,
        {whole_number("$.reply_to_post_number")} as reply_to_post_number,
        {whole_number("$.category_id")} as category_id,
        coalesce(value->>'$.topic_archetype', value->>'$.archetype', archetype_of_all) as archetype,
        json_exists(value, '$.category_id') and json_exists(value, '$.topic_title') as says_category,
        {whole_number("$.post_type")} as post_type,
        coalesce(json_type(value, '$.post_type'), 'NULL') = 'NULL' as has_no_type,
        {whole_number("$.user_id")} as user_id,
        json_type(value, '$.user_id') as user_kind,
        'true' in (value->>'$.staff', value->>'$.admin', value->>'$.moderator') as is_official,
        coalesce(json_type(value, '$.reactions'), 'NULL') as reactions_kind,
        try(json_transform_strict(value->'$.reactions', '[{{"count":"BIGINT"}}]')) as reactions,
        coalesce(json_type(value, '$.actions_summary'), 'NULL') as actions_kind,
        try(json_transform(value->'$.actions_summary', '[{{"id":"BIGINT","count":"BIGINT"}}]')) as actions
    from posts
),
timed as (
    select
        *, {instant_sql("created_at", _CSV)} as row_at, {instant_sql("updated", _CSV)} as updated_at,
        list_sum(list_transform(reactions, lambda r: r.count)) as reactions_given,
        list_sum(list_transform(list_filter(actions, lambda a: a.id = 2), lambda a: a.count)) as likes_given
    from fields
)
select
    file_no, row_no, row_at,
    case
        when kind <> 'OBJECT' then 'expected a post object, found ' || lower(kind)
        when post_number is null and coalesce(value->>'$.username', value->>'$.user.username') is not null
            then 'a user, or cut short: no post_number (lists of users belong into a folder called users)'
        when post_id is null then 'id: expected a whole number, found ' || {shown("$.id")}
        when topic_id is null then 'topic_id: expected a whole number, found ' || {shown("$.topic_id")}
        when post_number is null then 'post_number: expected a whole number, found ' || {shown("$.post_number")}
        when post_type is null and not has_no_type
            then 'post_type: expected a whole number, found ' || {shown("$.post_type")}
        when user_kind is null then 'user_id: missing'
        when user_id is null and user_kind <> 'NULL'
            then 'user_id: expected a whole number, found ' || {shown("$.user_id")}
        when row_at is null then 'created_at: expected an instant, found ' || {shown("$.created_at")}
        when updated_at is null and updated is not null
            then 'updated_at: expected an instant, found ' || {shown("$.updated_at")}
        when reactions_kind <> 'NULL' and reactions is null then 'reactions: expected a list with counts'
        when actions_kind not in ('NULL', 'ARRAY') then 'actions_summary: expected a list'
        when reactions_given not between 0 and {_MOST} or likes_given not between 0 and {_MOST}
            then 'reactions: cannot be that many, ' || coalesce(reactions_given, likes_given)
        else {instant_problem("row_at")} end as reason,
    cast(whole as varchar) as raw,
    post_id, coalesce(updated_at, row_at) as updated_at, topic_id, post_number, reply_to_post_number, category_id,
    coalesce(post_type, 1) as post_type,
    case when archetype is not null then archetype = 'private_message' when says_category then category_id is null end
        as is_private,
    user_id, value->>'$.username' as username, coalesce(is_official, false)
        as is_official, content_length,
    case
        when contains(content, 'class="poll"') then 'poll'
        when contains(content, '<video') then 'video'
        when len(regexp_extract_all(content, '<img[ >]'))
            > len(regexp_extract_all(content, '<img[^>]*class="[^"]*(emoji|avatar|site-icon)')) then 'image'
        when contains(content, 'href="http') then 'link'
        else 'text' end as content_type,
    try_cast(reactions_given as bigint) as reactions, try_cast(likes_given as bigint) as likes
from timed
"""

# As one user's page has it ({"user": ...}, or within a directory), as the administrators' lists have it, or bare.
_JSON_USERS = f"""
with found as (
    select file_no, row_no, case when json_type(value, '$.user') = 'OBJECT' then value->'$.user' else value end as value
    from json_rows
)
select
    file_no, row_no,
    case
        when json_type(value) <> 'OBJECT' then 'expected a user object, found ' || lower(json_type(value))
        when json_type(value, '$.post_number') is not null
            then 'a post, not a user (posts do not belong into a folder called users)' end as reason,
    cast(value as varchar) as raw,
    {", ".join(f"value->>'$.{name}' as {name}" for name in _USER_COLUMNS)}
from found
"""

_USERS_ROWS = f"""
with typed as (
    select
        *, {instant_sql("created_at", _CSV)} as joined_at,
        case when regexp_full_match(trim(id), '-?\\d{{1,18}}') then cast(trim(id) as bigint) end as user_id
    from users
)
select
    file_no, row_no, cast(null as timestamp) as row_at,
    case
        when reason is not null then reason
        when user_id is null then 'id: expected a whole number, found ' || coalesce(left(id, 40), 'nothing')
        when coalesce(trim(username), '') = '' then 'username: missing'
        when joined_at is null and coalesce(trim(created_at), '') <> ''
            then 'created_at: expected an instant, found ' || left(created_at, 40)
        else 'created_at: ' || {instant_problem("joined_at")} end as reason,
    raw, user_id, username, joined_at,
    case when regexp_full_match(trim(trust_level), '\\d') then cast(trim(trust_level) as bigint) end as trust_level,
    'true' in (lower(trim(coalesce(admin, ''))), lower(trim(coalesce(moderator, '')))) as is_official
from typed
"""

FORMAT = Discourse()
