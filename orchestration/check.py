"""`stillhere check`: what each source's exports hold, and what is wrong with them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration import canonical, dbt_runs, formats, warehouse
from orchestration.community import Community, environment_as_it_was
from orchestration.config import Source
from orchestration.errors import UserError
from orchestration.exports import lake
from orchestration.exports.pull import PullResult, in_short, pull
from orchestration.faults import telling
from orchestration.home import Home
from orchestration.terminal import on_one_line

if TYPE_CHECKING:
    import duckdb

# What sources may hold besides members and interactions: its model, and its name to a reader.
_ALSO_HELD = {
    "int_membership_events": "membership events",
    "int_orders": "orders",
    "int_content_statistics": "post statistics",
    "int_account_statistics": "account statistics",
    "int_survey_answers": "survey answers",
    "int_contacts": "contacts",
}
# Problems of a source that are told one by one.
_TOLD = 10
# The files of spreadsheet programs.
_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
# A share of acts before joining that an account moved from elsewhere does not explain.
_DOUBTFUL_SHARE = 0.01


def check(config_file: Path) -> int:
    """Reads config and exports and says per source what was found and what is wrong. Writes nothing that stays.

    The exports are read as `run` reads them, into a temporary home that is removed again.

    Returns:
        0, or 1 where something could not be read.
    """
    given = Community.of(config_file)
    config = given.config
    warehouse.check_named_files(config)
    console = Console(highlight=False)
    console.print(
        f"{on_one_line(config.community.name)}: weeks start on {config.community.week_start_day.capitalize()},"
        f" {config.community.timezone}; the last closed one is that of {config.calendar.last_closed()}.",
        markup=False,
        soft_wrap=True,
    )
    with (
        tempfile.TemporaryDirectory(prefix="stillhere-check-") as folder,
        environment_as_it_was(),
        telling(Home(Path(folder))),
    ):
        community = replace(given, home=Home(Path(folder)).create())
        lake.write_schemas(community.home, formats.raw_tables())
        with Console(stderr=True).status("") as status:
            results = []
            for source in config.sources:
                status.update(f"reading {source.name}")
                results.append(pull(config, source, community.home))
            status.update("counting members and interactions")
            community.export_environment()
            _count(community)
        with warehouse.connect(community.home.warehouse, read_only=True) as connection:
            for source, result in zip(config.sources, results, strict=True):
                _describe(console, source, result, community.home, connection)
    problems = sum(result.total("rows_quarantined") for result in results)
    if problems:
        console.print(f"\n{problems:,} row(s) could not be used; `stillhere run` quarantines them and uses the rest.")
    return 1 if problems else 0


def _count(community: Community) -> None:
    models = canonical.with_inputs(community, ["int_members", "int_interactions", *_ALSO_HELD])
    if problems := canonical.build(community, models, lambda text: None):
        raise UserError(f"The exports were read, but not understood; dbt says:\n{dbt_runs.words(problems)}")


def _describe(
    console: Console, source: Source, result: PullResult, home: Home, connection: duckdb.DuckDBPyConnection
) -> None:
    from orchestration.page.sections.quality import in_words

    its_format = formats.get(source.format)
    tables = lake.tables_with_rows(home, source.name, its_format.told_by)
    observed = vars(its_format.observes_in(its_format.options(source.options), tables))
    shown, hidden = in_words(its_format.model_family, observed)
    table = Table(title=f"{source.name} ({source.format})", title_justify="left", show_header=False, box=None)
    used = [account for account in result.accounts if account.outcome != lake.UNUSED]
    spans = [account for account in used if account.first_at and account.last_at]
    unneeded = f": {escape(on_one_line(in_short(result.unneeded)))}" if result.unneeded else ""
    table.add_row("files", f"{len(used):,} read, {len(result.unneeded):,} not needed for any figure{unneeded}")
    by_table = ", ".join(f"{count:,} {name}" for name, count in _rows_by_table(home, source).items())
    usable = f"{result.total('rows_loaded'):,} usable" + (f": {by_table}" if by_table else "")
    table.add_row("rows", f"{result.total('rows_read'):,} read, {usable}")
    for name, found in _held(source, connection):
        table.add_row(name, found)
    if spans:
        first = min(account.first_at for account in spans if account.first_at)
        last = max(account.last_at for account in spans if account.last_at)
        table.add_row("first instant", f"{first:%Y-%m-%d %H:%M} UTC")
        table.add_row("last instant", f"{last:%Y-%m-%d %H:%M} UTC")
    table.add_row("shows", ", ".join(shown) or "-")
    table.add_row("cannot show", ", ".join(hidden) or "-")
    console.print()
    console.print(table)
    if result.lacks_zone:
        console.print(
            "  Instants without a zone are read in UTC. If they were written in another one, name it in the source:"
            ' timezone = "Europe/Berlin".',
            markup=False,
            style="yellow",
            soft_wrap=True,
        )
    _describe_spreadsheets(console, source, result)
    _describe_doubts(console, source, connection)
    _describe_problems(console, home, source)


def _rows_by_table(home: Home, source: Source) -> dict[str, int]:
    """Rows that can be used, by raw table (such as slack_messages)."""
    import duckdb

    counts = {}
    for table in formats.get(source.format).tables:
        if list((home.lake / source.name / table).glob("week=*/*.parquet")):
            pattern = str(home.lake / source.name / table / "week=*" / "*.parquet")
            found = duckdb.execute("select count(*) from read_parquet($path)", {"path": pattern}).fetchall()
            counts[table.removeprefix(f"{source.format}_").replace("_", " ")] = found[0][0]
    return counts


def _held(source: Source, connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """What a source's rows come to: what it is, and how many, in words."""
    given = {"source": source.name}
    members, bots, official = connection.execute(
        """
        select count(*), count(*) filter (is_bot), count(*) filter (is_official and not is_bot)
        from canonical.int_members where source = $source
        """,
        given,
    ).fetchall()[0]
    of_them = [_counted(bots, "bot")] if bots else []
    of_them += [f"{official:,} official"] if official else []
    shows_acts = formats.get(source.format).shows_acts
    if members or shows_acts:
        yield "members", f"{members:,}" + (f", of them {' and '.join(of_them)}" if of_them else "")
    by_type = connection.execute(
        """
        select interaction_type, count(*) from canonical.int_interactions where source = $source
        group by interaction_type order by 2 desc, 1
        """,
        given,
    ).fetchall()
    if by_type or shows_acts:
        kinds = ", ".join(f"{name} {count:,}" for name, count in by_type)
        yield "interactions", f"{sum(count for _, count in by_type):,}" + (f": {kinds}" if kinds else "")
    for model, name in _ALSO_HELD.items():
        [(count,)] = connection.execute(
            f"select count(*) from canonical.{model} where source = $source", given
        ).fetchall()
        if count:
            yield name, f"{count:,}"


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def _describe_spreadsheets(console: Console, source: Source, result: PullResult) -> None:
    """Says it where a spreadsheet's own file lies among files that would be read, were it one of them."""
    its_format = formats.get(source.format)
    options = its_format.options(source.options)
    sheets = [PurePosixPath(file) for file in result.unneeded if file.lower().endswith(_SPREADSHEETS)]
    if any(its_format.table_of(str(sheet.with_suffix(".csv")), options) for sheet in sheets):
        console.print("  A spreadsheet is read once it is saved as CSV (UTF-8).", style="yellow")


def _describe_doubts(console: Console, source: Source, connection: duckdb.DuckDBPyConnection) -> None:
    """Says it where many acts lie before the joining that a member list gives: they would count for nobody."""
    acts, early, members = connection.execute(
        """
        select
            count(*),
            count(*) filter (acts.occurred_at < members.joined_at),
            count(distinct acts.member_id) filter (acts.occurred_at < members.joined_at)
        from canonical.int_interactions as acts
        inner join canonical.int_members as members on acts.member_id = members.member_id
        where acts.source = $source
        """,
        {"source": source.name},
    ).fetchall()[0]
    if acts and early / acts > _DOUBTFUL_SHARE:
        console.print(
            f"  {_counted(early, 'interaction')} of {_counted(members, 'member')} lie before the joining that the"
            " member list gives, and count as nobody's activity. If it gives the last joining, not the first, do not"
            " map it.",
            markup=False,
            style="yellow",
            soft_wrap=True,
        )


def _describe_problems(console: Console, home: Home, source: Source) -> None:
    told, strange_instants = 0, False
    for path in sorted((home.quarantine / source.name).glob("*.jsonl")):
        with path.open(encoding="utf-8") as entries:
            for entry in map(json.loads, entries):
                told += 1
                strange_instants |= ": expected an instant, found" in entry["reason"]
                if told <= _TOLD:
                    where = f"{entry['file']}, row {entry['row']}" if entry["row"] is not None else entry["file"]
                    console.print(on_one_line(f"  {where}: {entry['reason']}"), markup=False, style="yellow")
                    if entry["raw"]:
                        # As Python writes it: whatever is in there, it stays on its line.
                        console.print(f"    {ascii(entry['raw'][:100])}", markup=False, style="dim")
    if told > _TOLD:
        console.print(f"  ... and {told - _TOLD:,} more", style="yellow")
    options = formats.get(source.format).options(source.options)
    if strange_instants and getattr(options, "instants", None) == "auto":
        console.print(
            '  Instants in a form of their own are described in the source: instants = "%d.%m.%Y %H:%M".',
            markup=False,
            style="yellow",
            soft_wrap=True,
        )
