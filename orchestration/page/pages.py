"""The pages on disk: which are no longer what the published tables say, and their rewriting.

Each page bears a key of all that it was made from: the editions of the weeks it looks back on, the checks of its week,
its neighbours, the config's look, and this code. A page is written again when its key is another, so that it does not
matter which run was killed, which week changed, or that somebody chose another language.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import expectations
from orchestration import gate, lists, warehouse
from orchestration.home import put_file
from orchestration.languages import LOCALE
from orchestration.page import writing
from orchestration.page.reading import WEEKS_SHOWN
from orchestration.page.render import Look, index_page
from orchestration.weeks import WEEK

if TYPE_CHECKING:
    import duckdb

    from orchestration.config import Config
    from orchestration.home import Home

_CODE = Path(__file__).resolve().parent
# What a check promises is said on the page.
_SUITES = Path(expectations.__file__).resolve().parent
_KEY = re.compile(r'<meta name="stillhere" content="([0-9a-f]*)">')
_HEAD_BYTES = 400
_END = b"</html>"
# Tables with a row a member, which are kept for the last weeks only.
_MEMBER_TABLES = ("list_winback", "list_removal")


def write(home: Home, config: Config, just_published: Sequence[date] = ()) -> list[date]:
    """Writes the pages that are missing or outdated, the files beside them, and the list of all weeks.

    Each file takes the old one's place in one step. A withheld week keeps the page of its last good edition; the list
    says that it was withheld, and why. What lies beside a page comes first: a page up to date says that it is, too,
    however a run before this one ended.

    Args:
        just_published: weeks whose files are looked at in any case.

    Returns:
        The weeks whose pages were written.
    """
    if not home.published.exists():
        return []
    look = Look.of(config)
    with writing.published(home) as connection:
        keys = _keys(connection, look)
        weeks = sorted(keys)
        _drop_others(home, weeks)
        stale = [week for week in weeks if _key_on(home.page(week)) != keys[week]]
    lists.write(home, {*stale, *just_published}, config.community.language)
    with writing.published(home) as connection:
        jobs = [writing.Job(week, keys[week], *_neighbours(weeks, weeks.index(week))) for week in stale]
        writing.write(home, connection, look, jobs)
        _write_index(home, connection, look, keys)
    return stale


def _write_index(home: Home, connection: duckdb.DuckDBPyConnection, look: Look, keys: dict[date, str]) -> None:
    withheld = _withheld(home)
    exports = connection.execute(
        "select count(*), sum(cast(hash(t) as hugeint)) from reports.export_files as t"
    ).fetchall()
    key = _hash(sorted(keys.items()), withheld, exports)
    target = home.pages / "index.html"
    if _key_on(target) != key:
        put_file(target, index_page(connection, look, withheld, key).encode())


def _keys(connection: duckdb.DuckDBPyConnection, look: Look) -> dict[date, str]:
    """Each published week's key."""
    editions: dict[date, list[int]] = {}
    for week, edition in connection.execute(
        "select week_start, edition from reports.report_editions order by all"
    ).fetchall():
        editions.setdefault(week, []).append(edition)
    quality = _by_week(connection, "report_quality", "count(*) || '-' || sum(cast(hash(t) as hugeint))")
    # Their rows change with the week's edition; without one they go once they are no longer kept.
    members = [_by_week(connection, table, "count(*)") for table in _MEMBER_TABLES]
    sources = connection.execute("select columns(* exclude (first_at, last_at)) from reports.sources order by all")
    # A page says where a source's rows end within its week.
    ends = connection.execute(
        "select source, max(last_at) from reports.export_files where last_at is not null group by 1 order by 1"
    ).fetchall()
    erasures = _erasures(connection)
    same = _hash(astuple(look), _code_digest(), sources.fetchall(), _comments(connection))
    weeks = sorted(editions)
    keys = {}
    for place, week in enumerate(weeks):
        shown = [start for start in weeks[max(0, place - WEEKS_SHOWN) : place + 1] if start > week - WEEK * WEEKS_SHOWN]
        of_week = [quality.get(week), *(table.get(week) for table in members)]
        of_week += [(source, at) for source, at in ends if abs(at.date() - week) < 2 * WEEK]
        of_week += [at for at, first, last in erasures if first <= week <= last]
        keys[week] = _hash(same, [(start, editions[start]) for start in shown], _neighbours(weeks, place), of_week)
    return keys


def _neighbours(weeks: Sequence[date], place: int) -> tuple[date | None, date | None]:
    """The published weeks before and after one; None at either end."""
    return weeks[place - 1] if place else None, weeks[place + 1] if place + 1 < len(weeks) else None


def _by_week(connection: duckdb.DuckDBPyConnection, table: str, told_by: str) -> dict[date, Any]:
    """What tells a table's rows of each week from others, as SQL over them; empty where there is no such table."""
    import duckdb

    try:
        rows = connection.execute(f"select week_start, {told_by} from reports.{table} as t group by 1").fetchall()
    except duckdb.CatalogException:
        return {}
    return dict(rows)


def _erasures(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Erasures that a page tells of: when, and the first and last week that were published before."""
    import duckdb

    try:
        return connection.execute(
            "select distinct erased_at, first_week, last_week from reports.report_erasures"
            " where first_week is not null order by all"
        ).fetchall()
    except duckdb.CatalogException:
        return []


def _comments(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    return connection.execute(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'reports' order by all"
    ).fetchall()


@cache
def _code_digest() -> str:
    """Identifies templates, style, code, catalogues and suites: a new version of any writes the pages anew."""
    files = [path for folder in (_CODE, LOCALE, _SUITES) for path in folder.rglob("*") if path.suffix in _SOURCES]
    return _hash(*(path.read_bytes() for path in sorted(files)))


_SOURCES = {".py", ".j2", ".css", ".po"}


def _hash(*parts: Any) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:20]


def _key_on(page: Path) -> str | None:
    """The key that a page bears; None where there is none, or the page does not go on to its end."""
    try:
        with page.open("rb") as content:
            found = _KEY.search(content.read(_HEAD_BYTES).decode("utf-8", "replace"))
            content.seek(max(0, content.seek(0, os.SEEK_END) - len(_END)))
            is_whole = content.read() == _END
    except FileNotFoundError:
        return None
    return found[1] if found and is_whole else None


def _withheld(home: Home) -> list[tuple[date, list[tuple[str, str]]]]:
    """The weeks whose newest reports failed a critical check, newest first: what was expected, and the particulars."""
    import duckdb

    fields = "week_start, report, check_name, severity, passed, observed, expected, sample_keys, error, description"
    if not home.warehouse.exists():
        return []
    with warehouse.connect(home.warehouse, read_only=True) as connection:
        try:
            rows = connection.execute(
                f"select {fields} from control.check_results where not passed and severity = 'critical' order by all"
            ).fetchall()
        except duckdb.CatalogException:
            return []
    reasons: dict[date, list[tuple[str, str]]] = {}
    for row in rows:
        result = expectations.CheckResult(*row[:7], tuple(row[7] or ()), *row[8:10])
        reasons.setdefault(row[0], []).append((result.description, gate.explain(result)))
    return sorted(reasons.items(), reverse=True)


def _drop_others(home: Home, weeks: Sequence[date]) -> None:
    """Removes pages of weeks that are not published (any more), with what lies beside them."""
    published = {str(week) for week in weeks}
    for folder in home.pages.glob("????-??-??"):
        if folder.name not in published and folder.is_dir():
            shutil.rmtree(folder)
