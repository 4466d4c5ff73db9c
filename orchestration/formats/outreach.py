"""Who was contacted, when and with which play: CSV, JSON Lines or Parquet with a mapping of columns.

[[sources]]
name = "campaigns"
format = "outreach"
path = "exports/outreach.csv"
members_of = "slack"              # when the file has the ids of that source, and not '<source>:<id>'
[sources.columns]                 # all of them have these defaults
member = "member"
contacted_at = "contacted_at"
play = "play"
channel = "channel"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.instants import instant_sql
from orchestration.formats.people import People
from orchestration.formats.tabular import lacks_zone, load_columns
from orchestration.formats.tabular_columns import Column, Names, SourceName, TabularOptions, as_raw
from orchestration.formats.tabular_files import kind_of

if TYPE_CHECKING:
    import duckdb

MEMBER_ID = "[a-z][a-z0-9_]*:.+"


class Columns(Options):
    """[sources.columns]: which column holds what."""

    member: Column = "member"
    contacted_at: Column = "contacted_at"
    play: Column | None = None
    channel: Column | None = None


class OutreachOptions(TabularOptions):
    """Keys of the format `outreach`.

    Attributes:
        members_of: the source whose native ids the member column holds; None: it holds '<source>:<native id>'.
    """

    columns: Columns = Columns()
    members_of: SourceName | None = None


class Outreach(Format):
    """Format `outreach`."""

    name = "outreach"
    shows_acts = False
    Options = OutreachOptions
    tables = {"outreach_contacts": dict.fromkeys(("member_id", "play", "channel"), "VARCHAR")}

    people = {"outreach_contacts": People(member_id="member_id")}

    def observes(self, options: OutreachOptions) -> Observes:
        """Nothing that members do: whom the community turned to is no act of theirs."""
        return Observes()

    def table_of(self, name: str, options: OutreachOptions) -> str | None:
        """Every CSV, JSON Lines or Parquet file holds contacts."""
        return "outreach_contacts" if kind_of(name) else None

    def is_text(self, name: str) -> bool:
        """Parquet is the one kind that is no text."""
        return kind_of(name) != "parquet"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: OutreachOptions
    ) -> Parsed:
        """One row a contact."""
        given = options.columns
        columns: dict[str, Column | Names] = {
            "member": given.member,
            "contacted_at": given.contacted_at,
            # By their default names they may be missing; a column that the config names has to be there.
            "play": given.play or ("play", None),
            "channel": given.channel or ("channel", None),
        }
        if not options.header:
            columns = {key: column for key, column in columns.items() if not isinstance(column, tuple)}
        unreadable = load_columns(connection, files, options, columns)
        prefix = f"{quoted(options.members_of + ':')} || " if options.members_of else ""
        member_id = f"{prefix}nullif(trim(member), '')"

        def optional(name: str) -> str:
            return f"nullif(trim({name}), '')" if name in columns else "cast(null as varchar)"

        rows = f"""
        with typed as (
            select *, {instant_sql("contacted_at", options)} as instant, {member_id} as id from mapped
        )
        select
            file_no, row_no, instant as row_at,
            case
                when reason is not null then reason
                when id is null then 'member: missing'
                when not regexp_full_match(id, '{MEMBER_ID}', 's')
                    then 'member: expected <source>:<id> (or name the source in members_of), found ' || left(id, 40)
                when coalesce(trim(contacted_at), '') = '' then 'contacted_at: missing'
                when instant is null then 'contacted_at: expected an instant, found ' || left(contacted_at, 40)
                else {instant_problem("instant")} end as reason,
            coalesce(raw, {as_raw(columns)}) as raw,
            id as member_id, {optional("play")} as play, {optional("channel")} as channel
        from typed
        """
        return Parsed(table, rows, unreadable, lacks_zone=lacks_zone(connection, options, columns))


FORMAT = Outreach()
