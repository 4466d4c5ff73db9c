"""Any other platform: CSV, JSON Lines or Parquet files with a mapping of columns, and optionally a member list.

[[sources]]
name = "group"
format = "table"
path = "exports/group-*.csv"
type = "post"                     # when every row is the same kind of act; else map a column below
[sources.columns]
member = "user_id"
at = "created_at"
type = "action"
[sources.types]                   # values of the type column that are not named as stillhere names them
comment = "reply"
[sources.members]                 # optional: the member list
file = "members.csv"              # which of the files at `path` it is
member = "user_id"
joined_at = "joined"
[sources.members.attributes]      # optional: what members can be split by
country = "Land"
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.formats.base import (
    Format,
    MemberListOptions,
    Observes,
    Options,
    Parsed,
    StagedFile,
    instant_problem,
    quoted,
)
from orchestration.formats.instants import instant_sql, precision_sql
from orchestration.formats.people import People, id_in_source, unless_erased
from orchestration.formats.tabular import lacks_zone, load_columns
from orchestration.formats.tabular_columns import Column, TabularOptions, mapped_columns
from orchestration.formats.tabular_files import kind_of

if TYPE_CHECKING:
    import duckdb

INTERACTION_TYPES = ("post", "reply", "message", "reaction", "share", "vote", "attend", "claim", "follow", "view")
EVENT_TYPES = ("join", "leave", "mute", "unfollow", "report", "block", "removed", "banned")
ATTRIBUTE_CHARACTERS = 100
# How member lists say yes and no.
_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")
_EVENT_FIELDS = ("member", "type", "id", "container", "content", "parent", "thread", "target", "content_type")


class Columns(Options):
    """[sources.columns]: which column holds what."""

    member: Column
    at: Column
    type: Column | None = None
    id: Column | None = None
    container: Column | None = None
    content: Column | None = None
    parent: Column | None = None
    thread: Column | None = None
    target: Column | None = None
    content_type: Column | None = None


class MemberList(Options):
    """[sources.members]: a file that lists the members, which of the source's files it is, and its columns."""

    file: str = Field(min_length=1)
    member: Column
    name: Column | None = None
    joined_at: Column | None = None
    left_at: Column | None = None
    is_bot: Column | None = None
    is_official: Column | None = None
    attributes: dict[str, Column] = {}

    @field_validator("attributes")
    @classmethod
    def _plain_names(cls, value: dict[str, Column]) -> dict[str, Column]:
        for name in value:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
                raise ValueError(f"{name!r}: expected a lower-case letter, then letters, digits or underscores")
        return value


class TableOptions(TabularOptions, MemberListOptions):
    """Keys of the format `table`.

    Attributes:
        equal_rows: whether rows without an id that are equal tell of "one" act, or of "separate" ones.
    """

    columns: Columns
    type: str | None = None
    equal_rows: Literal["one", "separate"] = "one"
    types: dict[str, str] = {}
    members: MemberList | None = None
    observes: tuple[Literal["views", "reactions", "joins", "leaves", "threads"], ...] | None = None

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str | None) -> str | None:
        if value is not None and value not in INTERACTION_TYPES + EVENT_TYPES:
            raise ValueError(f"unknown type {value!r}; expected one of {', '.join(INTERACTION_TYPES + EVENT_TYPES)}")
        return value

    @field_validator("types")
    @classmethod
    def _known_types(cls, value: dict[str, str]) -> dict[str, str]:
        for key, kind in value.items():
            if kind not in INTERACTION_TYPES + EVENT_TYPES:
                raise ValueError(
                    f"{key} = {kind!r}: unknown type; expected one of {', '.join(INTERACTION_TYPES + EVENT_TYPES)}"
                )
        return value

    @model_validator(mode="after")
    def _one_type(self) -> TableOptions:
        if (self.type is None) == (self.columns.type is None):
            raise ValueError("give either a constant `type` or a type column in `columns`, and not both")
        if self.equal_rows == "separate" and self.columns.id is not None:
            raise ValueError(
                "equal_rows: rows that have an id in `columns` are told apart by it; leave one of them out"
            )
        return self


class Table(Format):
    """Format `table`."""

    name = "table"
    member_list = "table_members"
    told_by = {"table_events": "type"}
    Options = TableOptions
    tables = {
        "table_events": dict.fromkeys(_EVENT_FIELDS, "VARCHAR") | {"time_precision": "VARCHAR"},
        "table_members": {
            "member": "VARCHAR",
            "member_name": "VARCHAR",
            "joined_at": "TIMESTAMP",
            "left_at": "TIMESTAMP",
            "is_bot": "BOOLEAN",
            "is_official": "BOOLEAN",
            "attributes": "VARCHAR",  # a JSON object of texts: what there is differs from list to list
        },
    }

    people = {
        "table_events": People(member_id=id_in_source("member"), named={"target": unless_erased("target")}),
        "table_members": People(member_id=id_in_source("member"), names=("member_name",)),
    }

    def observes(self, options: TableOptions) -> Observes:
        """What the config says; else what the mapping can bring forth.

        A word of the type column that is not mapped passes where it is one of ours, so mapping some words takes none
        away. Views are told of by few exports: they have to be mapped, named in `observes`, or there.
        """
        return _shown_by(options, ())

    def observes_in(self, options: TableOptions, tables: Mapping[str, Collection[str]]) -> Observes:
        """What the config says; else what the mapping can bring forth, and what the rows have that is not mapped."""
        return _shown_by(options, tables.get("table_events", ()))

    def table_of(self, name: str, options: TableOptions) -> str | None:
        """The member list is named in the config; every other CSV, JSON Lines or Parquet file holds acts."""
        if kind_of(name) is None:
            return None
        if options.members and (
            fnmatch.fnmatch(name, options.members.file)
            or fnmatch.fnmatch(name.rsplit("/", 1)[-1], options.members.file)
        ):
            return "table_members"
        return "table_events"

    def is_text(self, name: str) -> bool:
        """Parquet is the one kind that is no text."""
        return kind_of(name) != "parquet"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: TableOptions
    ) -> Parsed:
        """One row an act or membership event, or one row a listed member."""
        if table == "table_members":
            return self._parse_members(connection, files, options)
        columns = mapped_columns(options.columns)
        unreadable = load_columns(connection, files, options, columns)
        if options.type:
            kind = quoted(options.type)
        else:
            mapped = " ".join(
                f"when {quoted(value.strip())} then {quoted(name)}" for value, name in options.types.items()
            )
            kind = f"case trim(type) {mapped} else lower(trim(type)) end" if mapped else "lower(trim(type))"
        known = ", ".join(quoted(name) for name in INTERACTION_TYPES + EVENT_TYPES)
        others = ", ".join(
            f"nullif(m.{field}, '') as {field}" if field in columns else f"cast(null as varchar) as {field}"
            for field in _EVENT_FIELDS
            if field not in ("member", "type")
        )
        if options.equal_rows == "separate":
            others = others.replace("cast(null as varchar) as id", f"{_id_by_place(columns)} as id")
        rows = f"""
        with typed as (
            select *, {instant_sql("written_at", options)} as instant, {kind} as kind,
                {precision_sql("written_at", options)} as precision, trim(member) as who
            from mapped
        ),
        judged as (
            select *,
                case
                    when reason is not null then reason
                    when coalesce(who, '') = '' then 'member: missing'
                    when instant is null and coalesce(trim(written_at), '') = '' then 'at: missing'
                    when instant is null then 'at: expected an instant, found ' || left(written_at, 40)
                    when kind is null or kind not in ({known})
                        then 'type: unknown value ' || coalesce(left(kind, 40), 'null') || ' (map it in types)'
                    else {instant_problem("instant")} end as problem
            from typed
        )
        select
            m.file_no, m.row_no, m.instant as row_at, m.problem as reason,
            -- Of bad rows alone: to make it of every row would take as long as all the rest.
            case when m.problem is not null then coalesce(m.raw, {_as_raw("m", columns)}) end as raw,
            m.who as member, m.kind as type, {others}, m.precision as time_precision
        from judged m
        """
        return Parsed(table, rows, unreadable, lacks_zone=lacks_zone(connection, options, columns))

    def _parse_members(
        self, connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], options: TableOptions
    ) -> Parsed:
        assert options.members is not None
        given = options.members.model_dump(exclude={"file", "attributes"})
        given["member_name"] = given.pop("name")
        columns = {key: value for key, value in given.items() if value is not None}
        attributes = {f"attribute_{name}": column for name, column in options.members.attributes.items()}
        columns |= attributes
        unreadable = load_columns(connection, files, options, columns, free=attributes)

        def instant(field: str) -> str:
            return instant_sql(field, options) if field in columns else "cast(null as timestamp)"

        def flag(field: str) -> str:
            return f"coalesce({_is_one_of(field, _TRUE)}, false)" if field in columns else "false"

        def unclear(field: str) -> str:
            if field not in columns:
                return ""
            return f"""
                when nullif(trim({field}), '') is not null and not {_is_one_of(field, _TRUE + _FALSE)}
                    then '{field}: expected yes or no (true, 1, false, 0), found ' || left({field}, 40)"""

        def wrong(field: str) -> str:
            if field not in columns:
                return ""
            return f"""
                when nullif(trim({field}), '') is not null and {field}_instant is null
                    then '{field}: expected an instant, found ' || left({field}, 40)
                when {instant_problem(f"{field}_instant")} is not null
                    then '{field}: ' || {instant_problem(f"{field}_instant")}"""

        rows = f"""
        with typed as (
            select *, {instant("joined_at")} as joined_at_instant, {instant("left_at")} as left_at_instant from mapped
        )
        select
            file_no, row_no, cast(null as timestamp) as row_at,
            case
                when reason is not null then reason
                when coalesce(trim(member), '') = '' then 'member: missing'
                {wrong("joined_at")} {wrong("left_at")} {unclear("is_bot")} {unclear("is_official")}
            end as reason,
            coalesce(raw, {_as_raw("typed", columns)}) as raw,
            trim(member) as member,
            {"member_name" if "member_name" in columns else "cast(null as varchar)"} as member_name,
            joined_at_instant as joined_at, left_at_instant as left_at,
            {flag("is_bot")} as is_bot, {flag("is_official")} as is_official,
            {_attributes(options.members.attributes)} as attributes
        from typed
        """
        return Parsed("table_members", rows, unreadable, lacks_zone=lacks_zone(connection, options, columns))


def _is_one_of(field: str, words: Iterable[str]) -> str:
    """SQL for a text being one of some words, in whatever case."""
    return f"lower(trim({field})) in ({', '.join(map(quoted, words))})"


def _shown_by(options: TableOptions, found: Collection[str]) -> Observes:
    """What a source shows of which rows of these types were found."""
    members = options.members
    types = {options.type} if options.type else {*options.types.values(), "reaction", *found}
    shown = {
        "views": "view" in types,
        "reactions": "reaction" in types,
        "joins": "join" in types or (members is not None and members.joined_at is not None),
        "leaves": "leave" in types or (members is not None and members.left_at is not None),
        "threads": options.columns.parent is not None or options.columns.thread is not None,
    }
    if options.observes is not None:
        shown = dict.fromkeys(options.observes, True)
    return Observes(members=members is not None, **shown)


def _attributes(names: Iterable[str]) -> str:
    """SQL for the mapped attributes as a JSON object of texts, blanks as null; null where none is mapped.

    Long texts are cut: a value is a word or two to split members by, and whoever maps a biography gets no copy of it.
    """
    values = ", ".join(f"'{name}': left(nullif(trim(attribute_{name}), ''), {ATTRIBUTE_CHARACTERS})" for name in names)
    return f"cast(to_json({{{values}}}) as varchar)" if values else "cast(null as varchar)"


def _id_by_place(columns: dict[str, Column]) -> str:
    """SQL for an id made of a row's values and its place among equal rows of its file.

    The same export pulled twice gives the same ids, and so does one that has grown.
    """
    values = ", ".join(f"m.{name}" for name in columns)
    place = f"row_number() over (partition by m.file_no, {values} order by m.row_no)"
    return f"md5(cast(to_json([{values}]) as varchar)) || '-' || {place}"


def _as_raw(alias: str, columns: Sequence[str] | dict[str, Column]) -> str:
    """SQL for a row's mapped columns as one JSON text: what the quarantine shows of a bad row."""
    return "cast(to_json({" + ", ".join(f"'{name}': {alias}.{name}" for name in columns) + "}) as varchar)"


FORMAT = Table()
