"""The warehouse: the control tables that tell the SQL what to compute, and where dbt finds things."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import formats
from orchestration.config import Config, Goal
from orchestration.erasure.erased_list import MEMBER, ErasedList
from orchestration.errors import ConfigError
from orchestration.exports import lake, unreadable
from orchestration.formats.base import quoted
from orchestration.home import Home
from orchestration.weeks import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

# A headline is held against the 52 weeks before it; a goal starts with the last value of as many.
WEEKS_LOOKED_BACK = 52
PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
# Nobody else's DuckDB reads the warehouse: it is stored in the newest way, which takes a quarter less time for writing
# texts, and a third less for reading them, than the one that the published file is stored in.
_STORAGE_VERSION = "v1.5.0"


def dbt_environment(home: Home) -> dict[str, str]:
    """The environment variables that dbt's profile and models read."""
    return os.environ | {"STILLHERE_HOME": str(home.path), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


@contextmanager
def connect(path: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file in UTC, closed at the end (dbt needs the file for itself).

    Written to is the warehouse alone; one that is not there yet is made.
    """
    import duckdb

    if not read_only and not path.exists():
        _create(path)
    connection = duckdb.connect(str(path), read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _create(path: Path) -> None:
    """Makes an empty warehouse, whose way of storing stays as it is made."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"attach {quoted(str(path))} as warehouse (storage_version '{_STORAGE_VERSION}')")
        connection.execute("detach warehouse")


def write_control(config: Config, home: Home, weeks: Sequence[date]) -> None:
    """Replaces the control tables: which weeks are computed, with which settings, from which sources.

    Args:
        weeks: the run's weeks (`week_start`); none when only the canonical rows are rebuilt.

    Raises:
        ConfigError: the identities file has other columns than person, source and native_id; the file of those who are
            not to be contacted has no column member_id, or an account in it that is of no source.
    """
    settings = _settings(config, home, weeks)
    of_no_use = unreadable.sources(config, home)
    with connect(home.warehouse) as connection:
        connection.begin()
        connection.execute("create schema if not exists control")
        _replace(connection, "run_weeks", {"week_start": "DATE"}, [(week,) for week in weeks])
        _replace(connection, "figure_weeks", {"week_start": "DATE"}, [(week,) for week in figure_weeks(config, weeks)])
        _replace(connection, "goals", _GOAL_COLUMNS, [_goal_row(config, goal) for goal in config.goals])
        _replace(
            connection,
            "settings",
            {name: kind for name, (kind, _) in settings.items()},
            [tuple(v for _, v in settings.values())],
        )
        _replace(connection, "sources", _SOURCE_COLUMNS, [_source_row(source, home) for source in config.sources])
        erased = ErasedList.of(home)
        known = [row for row in _accounts(config) if not erased.has(MEMBER, f"{row[0]}:{row[1]}")]
        _replace(connection, "accounts", _ACCOUNT_COLUMNS, known)
        _replace(
            connection,
            "identities",
            {"person": "VARCHAR", "source": "VARCHAR", "native_id": "VARCHAR"},
            [row for row in identities(config) if not erased.has(MEMBER, f"{row[1]}:{row[2]}")],
        )
        asked = [(account,) for account in do_not_contact(config) if not erased.has(MEMBER, account)]
        _replace(connection, "do_not_contact", {"account_id": "VARCHAR"}, asked)
        _replace(connection, "unreadable_sources", {"source": "VARCHAR", "last_week": "DATE"}, of_no_use)
        connection.commit()


def figure_weeks(config: Config, weeks: Sequence[date]) -> list[date]:
    """The weeks whose figures a run needs: its own, and those that headlines and goals look back on.

    Computing them along with the run's own makes a week's rows the same whichever weeks were run before it.
    """
    looked_from = set(weeks)
    if weeks:
        starts = {config.calendar.week_of(goal.from_date) for goal in config.goals}
        looked_from |= {start for start in starts if start <= max(weeks)}
    return sorted({week - WEEK * back for week in looked_from for back in range(WEEKS_LOOKED_BACK + 1)})


_SOURCE_COLUMNS = {
    "source": "VARCHAR", "format": "VARCHAR", "ended_on": "DATE", "observes_views": "BOOLEAN",
    "observes_reactions": "BOOLEAN", "observes_joins": "BOOLEAN", "observes_leaves": "BOOLEAN",
    "observes_threads": "BOOLEAN", "observes_members": "BOOLEAN", "observes_reaction_counts": "BOOLEAN",
    "audience_of": "VARCHAR",
}  # fmt: skip
_ACCOUNT_COLUMNS = {"source": "VARCHAR", "native_id": "VARCHAR", "is_official": "BOOLEAN", "is_bot": "BOOLEAN"}


_GOAL_COLUMNS = {
    "goal": "VARCHAR", "metric": "VARCHAR", "source": "VARCHAR", "from_date": "DATE", "to_date": "DATE",
    "from_week": "DATE", "to_week": "DATE", "target_value": "DOUBLE", "target_change_percent": "DOUBLE",
}  # fmt: skip


def _goal_row(config: Config, goal: Goal) -> tuple[Any, ...]:
    weeks = [config.calendar.week_of(day) for day in (goal.from_date, goal.to_date)]
    target = None if isinstance(goal.target, str) else goal.target
    return (
        goal.name, goal.metric, goal.source, goal.from_date, goal.to_date, *weeks, target, goal.target_change_percent,
    )  # fmt: skip


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], rows: list[tuple[Any, ...]]
) -> None:
    fields = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"create or replace table control.{table} ({fields})")
    if rows:
        lists = {f"c{i}": list(values) for i, values in enumerate(zip(*rows, strict=True))}
        unnested = ", ".join(f"unnest(${name}::{kind}[])" for name, kind in zip(lists, columns.values(), strict=True))
        connection.execute(f"insert into control.{table} select {unnested}", lists)


def _settings(config: Config, home: Home, weeks: Sequence[date]) -> dict[str, tuple[str, Any]]:
    known = [*weeks, *published_weeks(home)]
    newest = max(known, default=config.calendar.last_closed())
    kept_from = newest - WEEK * (config.publish.member_weeks_kept - 1)
    return {
        "timezone": ("VARCHAR", config.community.timezone),
        "week_start_day": ("VARCHAR", config.community.week_start_day),
        "week_anchor": ("DATE", config.calendar.anchor),
        **{
            # Decimals, so that twice a gap is exactly twice a gap.
            name: ("DECIMAL(9, 4)" if isinstance(value, float) else "INTEGER", value)
            for name, value in config.thresholds.model_dump().items()
        },
        "holdout_share": ("DOUBLE", config.winback.holdout_share),
        "holdout_weeks": ("INTEGER", config.winback.holdout_weeks),
        "holdout_salt": ("VARCHAR", config.winback.holdout_salt or config.community.name),
        "member_names": ("VARCHAR", config.publish.member_names),
        "member_weeks_kept": ("INTEGER", config.publish.member_weeks_kept),
        "kept_from_week": ("DATE", kept_from),
    }


def published_weeks(home: Home) -> dict[date, str]:
    """The published weeks, each with the fingerprint of the inputs that it was published with."""
    import duckdb

    if not home.published.exists():
        return {}
    with connect(home.published, read_only=True) as connection:
        try:
            return dict(
                connection.execute(
                    """
                    select week_start, exports_fingerprint from reports.report_editions
                    qualify row_number() over (partition by week_start order by edition desc) = 1
                    """
                ).fetchall()
            )
        except duckdb.CatalogException:
            return {}


def _source_row(source: Any, home: Home) -> tuple[Any, ...]:
    its_format = formats.get(source.format)
    tables = lake.tables_with_rows(home, source.name, its_format.told_by)
    observes = asdict(its_format.observes_in(its_format.options(source.options), tables))
    return (
        source.name, source.format, source.ended_on, observes["views"], observes["reactions"], observes["joins"],
        observes["leaves"], observes["threads"], observes["members"], observes["reaction_counts"],
        source.audience_of,
    )  # fmt: skip


def _accounts(config: Config) -> list[tuple[Any, ...]]:
    marked = [(account, True, False) for account in config.community.official]
    marked += [(account, False, True) for account in config.community.bots]
    return [(*account.split(":", 1), official, bot) for account, official, bot in marked]


def identities(config: Config) -> list[tuple[str, str, str]]:
    """The rows of the identities file: person, source and the account's own id there.

    Raises:
        ConfigError: a row lacks one of them, names no source of the config, or gives an account to a second person.
    """
    if config.community.identities is None:
        return []
    path = Path(config.resolve(config.community.identities))
    rows: list[tuple[str, str, str]] = []
    seen: dict[tuple[str, str], str] = {}
    names = [source.name for source in config.sources]
    for line, (person, source, native_id) in _rows_of(path, ("person", "source", "native_id")):
        if not (person and source and native_id):
            raise ConfigError(f"{path}: line {line}: expected a person, a source and a native_id; one is empty.")
        if source not in names:
            raise ConfigError(
                f"{path}: line {line}: expected a source of the config ({', '.join(names)}); found {source[:80]!r}."
            )
        if seen.setdefault((source, native_id), person) != person:
            raise ConfigError(
                f"{path}: line {line}: {source}:{native_id} is given to {person!r} here and to"
                f" {seen[source, native_id]!r} above; an account belongs to one person."
            )
        rows.append((person, source, native_id))
    return rows


def do_not_contact(config: Config) -> list[str]:
    """The accounts, '<source>:<native id>', whose people asked not to be contacted: of the config and of its file.

    Raises:
        ConfigError: the file has no column member_id, or a row that names no account of one of the sources: somebody
            whose wish was misspelt would be contacted.
    """
    asked = list(config.community.do_not_contact)
    if config.community.do_not_contact_file is None:
        return sorted(set(asked))
    path = Path(config.resolve(config.community.do_not_contact_file))
    names = {source.name for source in config.sources}
    for line, (account,) in _rows_of(path, ("member_id",)):
        source, _, native_id = account.partition(":")
        if source not in names or not native_id:
            raise ConfigError(
                f"{path}: line {line}: expected '<source>:<native id>' with a source of the config, such as"
                f" {config.sources[0].name}:U0123; found {account[:80]!r}."
            )
        asked.append(account)
    return sorted(set(asked))


def check_named_files(config: Config) -> None:
    """Reads the files that the config names besides exports, so that a mistake in one is told before anything is done.

    Raises:
        ConfigError: as for `identities` and `do_not_contact`.
    """
    identities(config)
    do_not_contact(config)


def _rows_of(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of a CSV that the config names: the line of each, and its values in the columns."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: no UTF-8 text ({error.reason}). Save the file as UTF-8.") from None
    # Strict: a quote that is never closed would swallow the rows after it.
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    ended = 0
    try:
        if not set(columns) <= set(reader.fieldnames or ()):
            wanted = f"the columns {', '.join(columns)}" if len(columns) > 1 else f"a column {columns[0]}"
            found = ", ".join(reader.fieldnames or ()) or "nothing"
            raise ConfigError(f"{path}: line 1: expected {wanted}; found {found[:200]}.")
        ended = reader.line_num
        for row in reader:
            ended = reader.line_num
            yield reader.line_num, tuple((row[name] or "").strip() for name in columns)
    except csv.Error as error:
        raise ConfigError(
            f"{path}: line {ended + 1}: the row that begins there is no CSV ({error}). Is a quote in it not closed?"
        ) from None
