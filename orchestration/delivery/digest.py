"""A week in brief, for messages: the page's own lead and headlines, and the figures of the chart beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from orchestration import languages, warehouse
from orchestration.home import Home
from orchestration.page.figures import text_of
from orchestration.page.reading import WeekReader
from orchestration.page.sentences import Headline, headlines, lead

if TYPE_CHECKING:
    from orchestration.config import Config
    from orchestration.languages import Language


@dataclass(frozen=True)
class Digest:
    """A published week in brief.

    Attributes:
        lead: how many of how many took part; None where no source knows members.
        weeks: week, members and active members of the weeks that the chart shows; None where unknown.
        page: where the week's page lies: its address, or its path on the machine of the run.
    """

    community: str
    language: Language
    week_start: date
    lead: str | None
    headlines: tuple[Headline, ...]
    weeks: tuple[tuple[date, int | None, int | None], ...]
    page: str

    @property
    def title(self) -> str:
        """What the message is called."""
        week = self.language.week(self.week_start)
        return f"{self.community} · {self.language.gettext('Week of %(week)s') % {'week': week}}"


def read(config: Config, home: Home, week_start: date) -> Digest:
    """The digest of a published week, in the community's language."""
    language = languages.get(config.community.language)
    with warehouse.connect(home.published, read_only=True) as connection:
        week = WeekReader(connection, week_start, language)
        history = [
            (row.value("week_start"), row.value("members"), row.value("active_members"))
            for row in (week.history("report_activity") if week.shows_acts else ())
        ]
        sentence = lead(week)
        return Digest(
            config.community.name,
            language,
            week_start,
            None if sentence is None else text_of(sentence),
            tuple(headlines(week)),
            tuple(history),
            _page(config, home, week_start),
        )


def _page(config: Config, home: Home, week_start: date) -> str:
    if config.publish.pages_url:
        return f"{config.publish.pages_url.rstrip('/')}/{week_start}/index.html"
    return str(home.page(week_start))
