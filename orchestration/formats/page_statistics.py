"""Statistics of brand pages: what a platform tells of an account by day, and of its posts by day or in all.

Four formats share this layout; each lists the files it knows by their columns (`Layout`), since the names of such
downloads differ from tool to tool. Raw rows of all of them are laid down alike, in `page_statistics_figures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.formats.base import Format, Observes, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.instants import instant_sql
from orchestration.formats.people import NOBODY
from orchestration.formats.tabular import columns_of, load_columns
from orchestration.formats.tabular_columns import TabularOptions
from orchestration.formats.tabular_files import kind_of

if TYPE_CHECKING:
    import duckdb

TABLE = "page_statistics_figures"
FIGURES = (
    "followers",
    "followers_gained",
    "followers_lost",
    "reach",
    "views",
    "engagements",
    "reactions",
    "replies",
    "shares",
    "clicks",
)
_INSTANTS = ("day", "as_of", "posted_at")


@dataclass(frozen=True)
class Layout:
    """One kind of file of a platform.

    Attributes:
        known_by: columns that a file of this kind has, in lower case.
        fields: account, content, parent, content_type, day, as_of, posted_at -> the columns that may hold it, of which
            the first that a file has is taken. A row with a `day` tells of that day; one with `as_of` of all time up
            to then.
        figures: figure -> the columns that may hold it, of which the first with a value counts.
        sums: figure -> columns that are added up.
        unseen: columns that tell that nobody can see a post, each with the values, in small letters, that say so.
        slices: columns that cut a day's figures into parts (country, placement), which add up.
        is_total: whether a row is the account's whole day, whatever rows of its posts say.
        is_unused: whether no figure needs such a file.
    """

    known_by: frozenset[str]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    figures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    slices: tuple[str, ...] = ()
    is_total: bool = False
    is_unused: bool = False

    def columns(self, found: Mapping[str, str]) -> dict[str, str]:
        """The columns to read, each under a name of ours: `reach_0`, `reach_1`, ... for the candidates of `reach`.

        Args:
            found: the file's columns by their name in lower case.
        """
        wanted = {**self.fields, **self.figures, **self.sums}
        chosen = {
            f"{key}_{i}": found[name] for key, names in wanted.items() for i, name in enumerate(names) if name in found
        }
        for key, names in (("slice", self.slices), ("unseen", tuple(self.unseen))):
            chosen |= {f"{key}_{i}": found[name] for i, name in enumerate(names) if name in found}
        return chosen


def unused(*known_by: str) -> Layout:
    """A kind of file that a platform gives along with the others and that no figure needs."""
    return Layout(frozenset(known_by), is_unused=True)


class PageStatistics(Format):
    """What the four formats share.

    Attributes:
        layouts: the kinds of files that the platform gives; the first that fits a file is taken.
    """

    models = "page_statistics"
    Options = TabularOptions
    layouts: tuple[Layout, ...]
    tables = {
        TABLE: {
            "account": "VARCHAR",
            "content": "VARCHAR",
            "parent": "VARCHAR",
            "content_type": "VARCHAR",
            "day": "DATE",
            "as_of": "TIMESTAMP",
            "posted_at": "TIMESTAMP",
            "slice": "VARCHAR",
            "is_total": "BOOLEAN",
            "is_visible": "BOOLEAN",
            **dict.fromkeys(FIGURES, "BIGINT"),
        }
    }

    # A page is no person, and of its followers there are numbers only.
    people = {"page_statistics_figures": NOBODY}

    def observes(self, options: TabularOptions) -> Observes:
        """How many reacted to a post; who follows, reads or reacts is shown by none of these platforms."""
        return Observes(reaction_counts=True)

    def table_of(self, name: str, options: TabularOptions) -> str | None:
        """Every CSV, JSON Lines or Parquet file may hold statistics; its columns tell which."""
        return TABLE if kind_of(name) else None

    def is_text(self, name: str) -> bool:
        """Parquet is the one kind that is no text."""
        return kind_of(name) != "parquet"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Any
    ) -> Parsed:
        """One row a line: what it says of an account or a post, of a day or up to an instant."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.tables[TABLE].items())
        connection.execute(
            "create or replace temp table page_figures"
            f" (file_no integer, row_no bigint, row_at timestamp, reason varchar, raw varchar, {columns})"
        )
        unreadable: dict[int, str] = {}
        not_needed: set[int] = set()
        wanted = sorted({name for layout in self.layouts for name in layout.known_by})
        for file in files:
            found = {name.strip().lower(): name for name in columns_of(connection, file, wanted)}
            layout = next((one for one in self.layouts if one.known_by <= set(found)), None)
            if layout is None:
                unreadable[file.number] = _unknown(self.name, list(found.values()))
            elif layout.is_unused:
                not_needed.add(file.number)
            else:
                chosen = layout.columns(found)
                unreadable |= load_columns(connection, [file], options, dict(chosen))
                connection.execute(f"insert into page_figures by name {_rows(layout, chosen, options)}")
        return Parsed(TABLE, "select * from page_figures", unreadable, frozenset(not_needed))


def _unknown(name: str, found: Sequence[str]) -> str:
    shown = ", ".join(found)[:300] or "no columns"
    return f"none of the files that {name} knows has these columns; found: {shown}"


def _rows(layout: Layout, chosen: Mapping[str, str], options: TabularOptions) -> str:
    """SQL for the raw rows of the file that lies in `mapped`."""

    def candidates(key: str) -> list[str]:
        names = {**layout.fields, **layout.figures, **layout.sums}.get(key, ())
        return [f"nullif(trim({key}_{i}), '')" for i in range(len(names)) if f"{key}_{i}" in chosen]

    def text(key: str) -> str:
        return f"coalesce({', '.join([*candidates(key), 'null'])})"

    # Counts come as 12, 12.0 or 1,234; what is no number is said so, and not taken for nothing.
    def number(value: str) -> str:
        return f"try_cast(replace({value}, ',', '') as double)"

    def figure(key: str) -> str:
        found = candidates(key)
        if key in layout.sums and found:
            some = f"coalesce({', '.join(found)}) is not null"
            return f"case when {some} then {' + '.join(f'coalesce({number(value)}, 0)' for value in found)} end"
        return number(text(key)) if found else "cast(null as double)"

    given = [value for key in FIGURES for value in candidates(key)]
    not_a_number = " ".join(
        f"when {value} is not null and {number(value)} is null then 'expected a number, found ' || left({value}, 40)"
        for value in given
    )
    instants = ", ".join(f"{text(k)} as {k}_text, {instant_sql(text(k), options)} as {k}_at" for k in _INSTANTS)
    not_an_instant = " ".join(
        f"when {k}_text is not null and {k}_at is null then '{k}: expected an instant, found ' || left({k}_text, 40)"
        for k in _INSTANTS
    )
    slices = [f"coalesce(slice_{i}, '')" for i in range(len(layout.slices)) if f"slice_{i}" in chosen]
    visible = [
        f"lower(trim(unseen_{i})) not in ({', '.join(map(quoted, values))})"
        for i, values in enumerate(layout.unseen.values())
        if f"unseen_{i}" in chosen
    ]
    # Ids that are URNs are told apart by their last part.
    texts = ", ".join(
        f"regexp_extract({text(key)}, '[^:]*$') as {key}_text" for key in ("account", "content", "parent")
    )
    as_json = ", ".join(f"{quoted(name)}: {alias}" for alias, name in chosen.items())
    return f"""
        with typed as (
            select *, {texts}, {text("content_type")} as type_text,
                {instants},
                {", ".join(f"{figure(key)} as {key}_number" for key in FIGURES)}
            from mapped
        )
        select
            file_no, row_no, coalesce(day_at, posted_at_at, as_of_at) as row_at,
            case
                when reason is not null then reason
                {not_an_instant}
                when coalesce(day_at, posted_at_at, as_of_at) is null then 'the row bears no date'
                when coalesce(account_text, '') = '' and coalesce(content_text, '') = '' then 'neither account nor post'
                {not_a_number}
                when abs(greatest({", ".join(f"coalesce({key}_number, 0)" for key in FIGURES)})) > 1e15
                    or least({", ".join(f"coalesce({key}_number, 0)" for key in FIGURES)}) < -1e15
                    then 'a figure beyond all measure'
                else {instant_problem("coalesce(day_at, posted_at_at, as_of_at)")} end as reason,
            coalesce(raw, cast(to_json({{{as_json}}}) as varchar)) as raw,
            nullif(account_text, '') as account, nullif(content_text, '') as content, nullif(parent_text, '') as parent,
            type_text as content_type, cast(day_at as date) as day, as_of_at as as_of, posted_at_at as posted_at,
            {"concat_ws('|', " + ", ".join(slices) + ")" if slices else "''"} as slice,
            {str(layout.is_total).lower()} as is_total,
            {" and ".join(f"coalesce({one}, true)" for one in visible) or "cast(null as boolean)"} as is_visible,
            {", ".join(f"try_cast(round({key}_number) as bigint) as {key}" for key in FIGURES)}
        from typed
    """
