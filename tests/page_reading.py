"""Reading a rendered page back: its numbers with the place in the tables that each of them claims, and its outline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

import duckdb
from babel.numbers import get_decimal_symbol, parse_decimal

from orchestration import languages

VOID = {"meta", "link", "br", "img", "input", "hr"}
ASSETS = {"script", "img", "iframe", "link", "object", "embed", "video", "audio", "source", "base", "form"}


@dataclass
class Number:
    """A number on the page."""

    table: str
    column: str
    key: str
    value: str
    unit: str
    text: str = ""


@dataclass
class Page(HTMLParser):
    """What a page holds.

    Attributes:
        numbers: all marked numbers.
        tags: every tag with its attributes, in order.
        prose: its text outside style, drawings and marked numbers.
    """

    html: str
    numbers: list[Number] = field(default_factory=list)
    tags: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, dict[str, Any]]] = []
        self._number: Number | None = None
        self.feed(self.html)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag in VOID:
            return
        self._open.append((tag, attributes))
        if "value" in attributes and tag == "data":
            self._begin(attributes, attributes["value"])
        elif "data-value" in attributes:
            self._begin(attributes, attributes["data-value"])

    def _begin(self, attributes: dict[str, Any], value: str | None) -> None:
        around = {name: v for _, given in self._open for name, v in given.items() if name.startswith("data-")}
        where = around | attributes
        self._number = Number(
            where["data-table"], where["data-column"], where["data-key"], value or "", attributes["data-unit"] or ""
        )

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1:]}"
        _, attributes = self._open.pop()
        if self._number and ((tag == "data" and "value" in attributes) or "data-value" in attributes):
            self.numbers.append(self._number)
            self._number = None

    def handle_data(self, data: str) -> None:
        if self._number:
            self._number.text += data
        elif not any(tag in ("style", "svg") for tag, _ in self._open):
            self.prose.append(data)

    @property
    def text(self) -> str:
        """All that a reader reads, without the numbers."""
        return " ".join("".join(self.prose).split())


def differing(page: Page, connection: duckdb.DuckDBPyConnection, language: str) -> list[str]:
    """The numbers of a page that are not those of the published tables."""
    problems, known = [], {}
    for number in page.numbers:
        place = (number.table, number.column, number.key)
        if place not in known:
            known[place] = _values(connection, number)
        found = known[place]
        if len(found) != 1 or found[0] is None:
            problems.append(f"{place}: the page says {number.value}, the table has {found}")
        elif _plain(found[0]) != number.value:
            problems.append(f"{place}: the page says {number.value}, the table {found[0]}")
        elif not _reads_as(number, found[0], language):
            problems.append(f"{place}: {found[0]} is written {number.text!r}")
    return problems


def _values(connection: duckdb.DuckDBPyConnection, number: Number) -> list[Any]:
    conditions, given = ["true"], []
    for name in filter(None, number.key.split("&")):
        if "=" not in name:
            conditions.append(f'"{name}" is null')
            continue
        [(column, value)] = parse_qsl(name, keep_blank_values=True)
        if column == "week_start" and ".." in value:
            conditions.append("week_start between ? and ?")
            given += value.split("..")
            continue
        conditions.append(f'cast("{column}" as varchar) = ?')
        given.append(value)
    column = number.column if "(" in number.column else f'"{number.column}"'
    rows = connection.execute(
        f"select {column} from reports.{number.table} where {' and '.join(conditions)}", given
    ).fetchall()
    return [row[0] for row in rows]


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _reads_as(number: Number, value: Any, code: str) -> bool:
    """Whether the text, read as the language writes numbers, is the value rounded to the digits shown."""
    language = languages.get(code)
    if isinstance(value, date | str):
        return bool(number.text)
    shown = "".join(c for c in number.text if c.isdigit() or c in ".,-")
    factor = {"percent": 100, "percent0": 100}.get(number.unit, 1)
    if number.unit == "minutes" and any(word in number.text for word in ("hour", "小时", "jam")):
        factor = Decimal(1) / 60
    point = get_decimal_symbol(language.locale)
    digits = len(shown.partition(point)[2]) if point in shown else 0
    # `.` groups thousands in Indonesian: what follows the decimal sign decides, not the last sign.
    read = parse_decimal(shown, locale=language.locale)
    expected = Decimal(str(value)) * factor
    return abs(abs(read) - abs(expected)) <= Decimal("0.5001") * Decimal(10) ** -digits
