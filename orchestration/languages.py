"""The languages that people read: sentences from gettext catalogues, numbers and dates as the language writes them.

English is the source; `orchestration/locale/<language>/LC_MESSAGES/stillhere.po` holds the others. The catalogues are
compiled when they are loaded, so that there is no second file to forget.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("en", "zh_CN", "id")
LOCALE = Path(__file__).resolve().parent / "locale"
# How HTML calls them, where it is not our own name.
_HTML_NAMES = {"zh_CN": "zh-Hans"}
_MINUTES_AN_HOUR = 60
# The digits of the greatest number that a table can hold. Babel rounds with as many as decimals have at the moment, and
# fails where they do not do.
_DIGITS = 400


def po_file(language: str) -> Path:
    """Where a language's catalogue lies."""
    return LOCALE / language / "LC_MESSAGES" / "stillhere.po"


@dataclass(frozen=True)
class Language:
    """One language.

    Attributes:
        code: one of `LANGUAGES`, as the config names it.
        locale: how it writes numbers and dates.
        translations: its sentences; English ones are their own translation.
    """

    code: str
    locale: Locale
    translations: gettext.NullTranslations = field(repr=False)

    @property
    def html_name(self) -> str:
        """The language tag of a page."""
        return _HTML_NAMES.get(self.code, self.code)

    @property
    def gap(self) -> str:
        """What stands between sentences: nothing in Chinese."""
        return "" if self.code == "zh_CN" else " "

    @property
    def separator(self) -> str:
        """What stands between the things of a list."""
        return "、" if self.code == "zh_CN" else ", "

    @property
    def clause_separator(self) -> str:
        """What stands between clauses."""
        return "；" if self.code == "zh_CN" else "; "

    @property
    def full_stop(self) -> str:
        """What ends a sentence."""
        return "。" if self.code == "zh_CN" else "."

    def gettext(self, message: str) -> str:
        """A message in this language."""
        return self.translations.gettext(message)

    def ngettext(self, one: str, many: str, count: float) -> str:
        """The form of a message that goes with a count."""
        return self.translations.ngettext(one, many, count)  # type: ignore[arg-type]

    def number(self, value: float | Decimal, digits: int = 0) -> str:
        """A number with at most so many digits behind the point, halves to even."""
        return _number(value, f"#,##0.{'#' * digits}" if digits else "#,##0", self.locale)

    def percent(self, share: float, digits: int = 1) -> str:
        """A share in [0, 1], or a relative change, as a percentage."""
        return _percent(share, digits, self.locale)

    def money(self, amount: float | Decimal, currency: str) -> str:
        """An amount in its currency."""
        from babel.numbers import format_currency

        with localcontext(prec=_DIGITS):
            return format_currency(amount, currency, locale=self.locale)

    def minutes(self, value: float) -> str:
        """A time in minutes; from an hour and a half on in hours."""
        if value < 1.5 * _MINUTES_AN_HOUR:
            return self.ngettext("%(number)s minute", "%(number)s minutes", round(value)) % {
                "number": self.number(round(value))
            }
        return self.gettext("%(number)s hours") % {"number": self.number(value / _MINUTES_AN_HOUR, 1)}

    def date(self, day: date, style: str = "long") -> str:
        """A day; style as Babel names it."""
        from babel.dates import format_date

        return format_date(day, style, locale=self.locale)

    def day(self, day: date) -> str:
        """A day without its year, short: for axes."""
        return _day(day, self.locale)

    def week(self, week_start: date) -> str:
        """The days of a week."""
        from babel.dates import format_interval

        return format_interval(week_start, week_start + timedelta(days=6), "yMMMd", locale=self.locale)

    def weekday(self, iso_weekday: int, width: str = "abbreviated") -> str:
        """A day of the week; 1 is Monday."""
        from babel.dates import get_day_names

        return get_day_names(width, "stand-alone", self.locale)[iso_weekday - 1]


# A page writes the same few numbers and days over and over, and Babel takes its time.
@lru_cache(maxsize=4096)
def _number(value: float | Decimal, pattern: str, locale: Locale) -> str:
    from babel.numbers import format_decimal

    with localcontext(prec=_DIGITS):
        return format_decimal(value, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _percent(share: float, digits: int, locale: Locale) -> str:
    from babel.numbers import format_percent

    # The locale's own sign and spacing, with as many digits as asked for.
    pattern = locale.percent_formats[None].pattern.replace("#,##0", f"#,##0.{'0' * digits}" if digits else "#,##0")
    with localcontext(prec=_DIGITS):
        return format_percent(share, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _day(day: date, locale: Locale) -> str:
    from babel.dates import format_skeleton

    return format_skeleton("MMMd", day, locale=locale)


@cache
def get(code: str) -> Language:
    """A language by its name in the config.

    Raises:
        ValueError: there is no such language.
    """
    from babel import Locale
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if code not in LANGUAGES:
        raise ValueError(f"no catalogue of {code!r}; expected one of {', '.join(LANGUAGES)}")
    if code == "en":
        return Language(code, Locale.parse(code), gettext.NullTranslations())
    compiled = BytesIO()
    with po_file(code).open("rb") as lines:
        write_mo(compiled, read_po(lines, locale=code))
    compiled.seek(0)
    return Language(code, Locale.parse(code), gettext.GNUTranslations(compiled))
