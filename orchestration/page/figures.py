"""A number on the page: its value, where it stands in the published tables, and how the reader's language writes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import floor, log10
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestration.languages import Language
    from orchestration.page.reading import Definitions

_PERCENT_SUFFIXES = ("_rate", "_share", "_rate_by_reach", "_rate_by_followers", "_change_12w")
_PERCENT_NAMES = {
    "share",
    "retention",
    "stickiness",
    "precision",
    "recall",
    "change_4w",
    "active_per_follower",
    "rate_contacted",
    "rate_holdout",
}
_MONEY_NAMES = {"revenue", "revenue_without_buyer", "average_order_value"}
NO_VALUE = "–"


def unit_of(column: str) -> str:
    """How a column's numbers are written: percent, money, minutes, or plain."""
    # Not a share: it may be above 1.
    if column == "engagement_rate":
        return "plain"
    stem = column
    for stage in ("_newbie", "_growth", "_mature"):
        stem = stem.removesuffix(stage)
    if stem in _PERCENT_NAMES or stem.endswith(_PERCENT_SUFFIXES):
        return "percent"
    if column in _MONEY_NAMES:
        return "money"
    return "minutes" if column.endswith("_minutes") else "plain"


@dataclass(frozen=True)
class Figure:
    """One value of a published table. In a template it writes itself, as a button that opens its definition.

    Attributes:
        key: the columns that say which row of the table it is from.
        unit: as `unit_of` names it.
        currency: of amounts; without one an amount is a plain number.
        is_unsigned: whether its sign is left out, since the sentence says the direction in words.
    """

    value: Any
    table: str
    column: str
    key: Mapping[str, Any]
    unit: str
    language: Language
    definitions: Definitions
    currency: str | None = None
    is_unsigned: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is a value: what a source cannot show has none."""
        return self.value is not None

    @property
    def text(self) -> str:
        """The value as the language writes it."""
        value, language = self.value, self.language
        if value is None:
            return NO_VALUE
        if isinstance(value, date):
            return language.day(value)
        if isinstance(value, str):
            return value
        if self.is_unsigned:
            value = abs(value)
        if self.unit == "percent":
            return language.percent(value, 0 if abs(value) >= 1 else _digits(100 * value, 1))
        if self.unit == "minutes":
            return language.minutes(value)
        if self.unit == "money" and self.currency:
            return language.money(value, self.currency)
        return language.number(value, _digits(value, 1 if abs(value) >= 10 else 2))

    @property
    def size(self) -> Figure:
        """The same figure, written without its sign."""
        return replace(self, is_unsigned=True)

    @property
    def data(self) -> Markup:
        """The number with its place in the tables, and nothing to tap."""
        if not self.is_known:
            return Markup('<span class="none">{}</span>').format(NO_VALUE)
        return Markup(
            f'<data value="{escape(plain(self.value))}" data-table="{self.table}" data-column="{self.column}"'
            f' data-key="{escape(key_text(self.key))}" data-unit="{self.unit}">{escape(self.text)}</data>'
        )

    @property
    def cell(self) -> Markup:
        """A table's cell; table and row say where it is from (see `templates/parts.html.j2`)."""
        if not self.is_known:
            return Markup('<td class="none">{}</td>').format(NO_VALUE)
        # A page has thousands of them: put together so, each takes a fifth of the time of `Markup.format`.
        return Markup(
            f'<td data-column="{self.column}" data-value="{escape(plain(self.value))}" data-unit="{self.unit}">'
            f"{escape(self.text)}</td>"
        )

    def cell_of_its_own(self, unit: str, text: str) -> Markup:
        """A cell of a table in which every cell is of another row: with its row's key.

        Args:
            unit, text: how it is written there.
        """
        return Markup(
            f'<td data-column="{self.column}" data-value="{escape(plain(self.value))}" data-unit="{unit}"'
            f' data-key="{escape(key_text(self.key))}">{escape(text)}</td>'
        )

    def __html__(self) -> Markup:
        # A sum is told by what it sums.
        column = self.column.removeprefix("sum(").removesuffix(")")
        return self.definitions.button(self.table, column, self.data, "n", hint=True)


def _digits(value: float | Decimal, usual: int) -> int:
    """How many digits stand behind the point: more than usual where the number would else read as 0."""
    size = abs(value)
    return usual if not size or size >= 10**-usual else 1 - floor(log10(size))


def plain(value: Any) -> str:
    """A value as data: the same whatever the language."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def key_text(key: Mapping[str, Any]) -> str:
    """A row's key as one attribute; a null is a name without `=`."""
    known = [f"{_quoted(name)}={_quoted(plain(value))}" for name, value in key.items() if value is not None]
    return "&".join([*known, *(name for name, value in key.items() if value is None)])


# Rows of a page have the same few weeks and sources in their keys.
_quoted = lru_cache(maxsize=4096)(quote_plus)


def text_of(html: Markup | str) -> str:
    """Markup as plain text: for mail and for text alternatives."""
    return Markup(html).striptags()
