"""One week's page, and the list of all weeks, as HTML text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from orchestration import languages
from orchestration.page import sections
from orchestration.page.reading import WeekReader
from orchestration.page.sentences import lead

if TYPE_CHECKING:
    import duckdb
    import jinja2

    from orchestration.config import Config

_NUMBER_AND_STOP = re.compile(r'[(（]?<button type="button" class="n"(?:(?!</button>).)*</button>[),.;:，。；：）]+')
TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Look:
    """What a page takes from the config."""

    community: str
    language: str
    timezone: str
    week_start_day: str
    at_risk_after_weeks: int
    churned_after_weeks: int

    @classmethod
    def of(cls, config: Config) -> Look:
        """The look that a config asks for."""
        return cls(
            config.community.name,
            config.community.language,
            config.community.timezone,
            config.community.week_start_day,
            config.thresholds.at_risk_after_weeks,
            config.thresholds.churned_after_weeks,
        )


@cache
def environment(language: str) -> jinja2.Environment:
    """The templates, speaking a language. Whatever they show is escaped."""
    import jinja2

    spoken = languages.get(language)
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(spoken.gettext, spoken.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.globals["language"] = spoken
    env.globals["gap"] = spoken.gap
    env.globals["separator"] = spoken.separator
    env.globals["css"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return env


def week_page(
    connection: duckdb.DuckDBPyConnection,
    week_start: date,
    look: Look,
    key: str = "",
    previous: date | None = None,
    next_week: date | None = None,
) -> str:
    """The page of a published week.

    Args:
        connection: to the published file.
        key: kept in the page, to know later whether it is still what the tables say.
        previous, next_week: the published weeks before and after it.
    """
    language = languages.get(look.language)
    week = WeekReader(connection, week_start, language)
    found = [
        {"name": name, "title": language.gettext(module.TITLE), "data": data}
        for name, module in sections.modules().items()
        if (data := module.read(week, look)) is not None
    ]
    warnings = week.rows("report_quality", "report, check_name", where="not passed")
    editions = week.rows("report_editions", "edition desc")
    erased_at = week.last_erasure
    text = environment(look.language).get_template("week.html.j2").render(
        week=week,
        look=look,
        key=key,
        previous=previous,
        next=next_week,
        lead=lead(week),
        cut_short=week.ends_within(look.timezone),
        edition=editions[0] if editions else None,
        erased_on=erased_at.date() if erased_at else None,
        counts_erased=bool(erased_at and editions and editions[0].value("published_at") <= erased_at),
        warnings=warnings,
        warning_link=_link("#quality", language.gettext("Which ones?")),
        winback_link=_link("winback.csv", language.gettext("The whole list as CSV.")),
        removal_link=_link("removal.csv", language.gettext("The list as CSV.")),
        sections=found,
    )  # fmt: skip
    return _unbroken(text)


def index_page(
    connection: duckdb.DuckDBPyConnection,
    look: Look,
    withheld: Sequence[tuple[date, Sequence[tuple[str, str]]]],
    key: str = "",
) -> str:
    """The list of all published weeks, newest first, and of those that were withheld.

    Args:
        withheld: weeks with the reasons why they were: what was expected and is not so, and the particulars.
    """
    language = languages.get(look.language)
    week = WeekReader(connection, date.min, language)
    rows = week.made_rows(
        "report_activity",
        """
        select activity.* from reports.report_activity as activity
        where source = 'all' and week_start in (select week_start from reports.report_editions)
        order by week_start desc
        """,
    )
    years: dict[int, list[Any]] = {}
    for row in rows:
        years.setdefault(row.value("week_start").year, []).append(row)
    exports = week.made_rows(
        "export_files",
        """
        select source, count(*) as "count(*)", sum(rows_read) as "sum(rows_read)",
            sum(rows_loaded) as "sum(rows_loaded)", sum(rows_quarantined) as "sum(rows_quarantined)"
        from reports.export_files group by source order by source
        """,
    )
    return environment(look.language).get_template("index.html.j2").render(
        week=week, look=look, key=key, years=list(years.items()), withheld=withheld, exports=exports,
        link=lambda start: _link(f"{start}/index.html", language.week(start)), command=_command,
    )  # fmt: skip


def _unbroken(html: str) -> str:
    """Keeps a number's brackets and stops on its line: browsers may break the line before and after any button."""
    return _NUMBER_AND_STOP.sub(r'<span class="nb">\g<0></span>', html)


def _command(name: str, weeks: Sequence[tuple[date, Any]] = ()) -> Markup:
    """A command to type, over the range of some weeks."""
    days = [week_start for week_start, *_ in weeks]
    of_weeks = f" --from {min(days)} --to {max(days)}" if days else ""
    return Markup('<code lang="en">stillhere {}{}</code>').format(name, of_weeks)


def _link(target: str, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(target, text)
