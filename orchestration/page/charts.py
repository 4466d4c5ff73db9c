"""The page's charts: Altair to SVG, drawn in this process, in the page's own colours.

A chart is drawn with stand-in colours that become CSS variables afterwards: one drawing serves light and dark. Words
stand in the page around it (legend, text alternative, table), not in the drawing; only axes bear text.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from zlib import crc32

from markupsafe import Markup

from orchestration.page.figures import Figure

if TYPE_CHECKING:
    import altair

    from orchestration.languages import Language

# The stand-ins: any colours that nothing else has.
SOFT, LINE = "#010102", "#010103"
_NAMED = {
    SOFT: "soft", LINE: "line", "#010104": "retained", "#010105": "resurrected", "#010106": "new",
    "#010107": "dormant", "#010108": "churned", "#010109": "newbie", "#010110": "growth", "#010111": "mature",
    "#010112": "risk", "#010113": "accent",
}  # fmt: skip
_HEAT = tuple(f"#0102{step:02d}" for step in range(7))
_VARIABLES = {colour: f"var(--{name})" for colour, name in _NAMED.items()} | {
    colour: f"var(--heat{step})" for step, colour in enumerate(_HEAT)
}
COLOURS = {name: colour for colour, name in _NAMED.items()}
WIDE, NARROW, HALF = 640, 340, 320
_LABELLED_WEEKS = 5


def growth(weeks: Sequence[tuple[str, dict[str, int]]], language: Language, width: int) -> Markup:
    """Bars a week: who is new, came back, stayed (above the line), and who went (below it).

    Args:
        weeks: each week's label and its figures by name; dormant ones are drawn downwards.
    """
    signed = [(week, parts | {"dormant": -parts["dormant"]}) for week, parts in weeks]
    return _piled(signed, ("retained", "resurrected", "new", "dormant"), language, (width, 190))


def stacked(weeks: Sequence[tuple[str, dict[str, int]]], order: Sequence[str], language: Language) -> Markup:
    """Bars a week that stand on each other; kinds are named like their colours."""
    return _piled(weeks, tuple(order), language, (HALF, 150))


def _piled(
    weeks: Sequence[tuple[str, dict[str, int]]], order: tuple[str, ...], language: Language, size: tuple[int, int]
) -> Markup:
    values = [
        {"x": week, "kind": kind, "y": parts.get(kind, 0), "place": place}
        for week, parts in weeks
        for place, kind in enumerate(order)
    ]
    shown = _shown_weeks([week for week, _ in weeks], size[0])
    return _themed(_drawn(_bars(order, *size), values, language, shown))


def lines(weeks: Sequence[tuple[str, dict[str, float | None]]], order: Sequence[str], language: Language) -> Markup:
    """A line for each kind, from 0; weeks without a value are gaps."""
    values = [{"x": week, "kind": kind, "y": parts.get(kind)} for kind in order for week, parts in weeks]
    return _themed(_drawn(_lines(tuple(order)), values, language, _shown_weeks([week for week, _ in weeks], HALF)))


def heat(
    cells: Sequence[tuple[str, str, float]],
    highest: float,
    language: Language,
    shown_columns: Sequence[str],
    size: tuple[int, int],
    margin: int,
) -> Markup:
    """A field of squares, the darker the more.

    Args:
        cells: column, row and value, in the order in which columns and rows are to stand; what is missing stays blank.
        highest: the value of the darkest step.
        shown_columns: which columns bear a label.
        size: width and height; of the width, `margin` is for the rows' labels.
    """
    steps = [0 if not value else 1 + min(5, int(6 * value / (highest or 1))) for *_, value in cells]
    columns = {column: place for place, column in enumerate(dict.fromkeys(column for column, *_ in cells))}
    rows = {row: place for place, row in enumerate(dict.fromkeys(row for _, row, _ in cells))}
    drawing = (size[0] - margin, size[1], margin)
    # Drawing takes long, and hundreds of squares differ from week to week by their colours alone. So only the frame is
    # drawn, with the first square of each column and row; all squares then take their place.
    frame = _frame(drawing, tuple(columns), tuple(rows), language, tuple(shown_columns))
    shapes = _shapes(len(columns), len(rows), *drawing)
    squares = "".join(
        f'<path d="{shapes[columns[column] * len(rows) + rows[row]]}" fill="{_HEAT[step]}"/>'
        for (column, row, _), step in zip(cells, steps, strict=True)
    )
    return _themed(_SQUARES.sub(lambda _: squares, frame, count=1))


def _frame(
    drawing: tuple[int, int, int],
    columns: tuple[str, ...],
    rows: tuple[str, ...],
    language: Language,
    shown_columns: tuple[str, ...],
) -> str:
    """A field with the first square of each column and of each row alone.

    Measuring labels takes nearly all the time of drawing it, and from week to week rows have other labels. Where the
    widest of them reaches as far, the frame is the same but for their words.
    """
    labels = [_label(row, drawing[2], language) for row in rows]
    drawn = _frames(drawing, columns, len(rows), language, shown_columns, max(left for left, _ in labels))
    if not drawn:
        values = [{"x": columns[0], "y": row, "step": 0} for row in rows]
        values += [{"x": column, "y": rows[0], "step": 0} for column in columns[1:]]
        drawn.append(_drawn(_squares(*drawing), values, language, shown_columns))
    # Rows are labelled last.
    start = [found.start() for found in _TEXT.finditer(drawn[0])][-len(rows)]
    words = iter(text for _, text in labels)
    return drawn[0][:start] + _TEXT.sub(lambda found: f"{found[1]}{next(words)}</text>", drawn[0][start:])


@cache
def _frames(*what: Any) -> list[str]:
    """Where the frame that is drawn alike is kept: empty until it is drawn."""
    return []


@cache
def _label(row: str, margin: int, language: Language) -> tuple[int, str]:
    """How far to the left a row's label reaches, in pixels, and its words, cut where they are too long."""
    svg = _drawn(_squares(10, 10, margin), [{"x": "", "y": row, "step": 0}], language, [])
    [words] = [found[2] for found in _TEXT.finditer(svg)]
    return int(_LEFT.search(svg)[1]), words  # type: ignore[index]


_TEXT = re.compile("(<text [^>]*>)([^<]*)</text>")
_LEFT = re.compile(r'transform="translate\((\d+),')


@cache
def _shapes(columns: int, rows: int, width: int, height: int, margin: int) -> list[str]:
    """The outlines of all squares of a field, column by column."""
    from orchestration import languages

    values = [{"x": str(column), "y": str(row), "step": 0} for column in range(columns) for row in range(rows)]
    return _SQUARE.findall(_rounded(_drawn(_squares(width, height, margin), values, languages.get("en"), [])))


_SQUARE = re.compile(f'<path d="([^"]*)" fill="{_HEAT[0]}"/>')
_SQUARES = re.compile(f'(?:<path d="[^"]*" fill="{_HEAT[0]}"/>)+')


@cache
def _bars(order: tuple[str, ...], width: int, height: int) -> dict[str, Any]:
    import altair as alt

    bars = (
        alt.Chart(alt.NamedData("values"))
        .mark_bar()
        .encode(
            x=_weeks_across(),
            y=alt.Y("y:Q", title=None, axis=alt.Axis(tickCount=5, tickMinStep=1, labelExpr=_whole("abs"))),
            color=_colours(order),
            order="place:Q",
        )
    )
    zero = alt.Chart(alt.Data(values=[{}])).mark_rule(color=SOFT, strokeWidth=0.5).encode(y=alt.datum(0))
    return _spec(alt.layer(bars, zero), width - 44, height)


@cache
def _lines(order: tuple[str, ...]) -> dict[str, Any]:
    import altair as alt

    chart = (
        alt.Chart(alt.NamedData("values"))
        .mark_line(strokeWidth=2, strokeCap="round", strokeJoin="round", point=alt.OverlayMarkDef(size=14))
        .encode(
            x=_weeks_across(),
            y=alt.Y("y:Q", title=None, axis=alt.Axis(tickCount=4, tickMinStep=1, labelExpr=_whole())),
            color=_colours(order),
        )
    )
    return _spec(chart, HALF - 44, 150)


@cache
def _squares(width: int, height: int, margin: int) -> dict[str, Any]:
    import altair as alt

    chart = (
        alt.Chart(alt.NamedData("values"))
        .mark_rect()
        .encode(
            x=alt.X(
                "x:O",
                title=None,
                sort=None,
                scale=alt.Scale(paddingInner=0.08),
                axis=alt.Axis(labelAngle=0, ticks=False, domain=False, orient="top"),
            ),
            y=alt.Y(
                "y:O",
                title=None,
                sort=None,
                scale=alt.Scale(paddingInner=0.08),
                axis=alt.Axis(ticks=False, domain=False, labelLimit=margin),
            ),
            color=alt.Color("step:O", legend=None, scale=alt.Scale(domain=list(range(7)), range=list(_HEAT))),
        )
    )
    return _spec(chart, width, height)


def week_label(figure: Figure) -> str:
    """How a week is called on an axis."""
    return figure.language.day(figure.value)


def _shown_weeks(labels: Sequence[str], width: int) -> list[str]:
    """The weeks that bear a label: counted back from the page's own week, which always does."""
    if len(labels) <= _LABELLED_WEEKS:
        return list(labels)
    every = 4 if width > NARROW or len(labels) <= 16 else 8
    return [label for back, label in enumerate(reversed(labels)) if back % every == 0]


def _weeks_across() -> altair.X:
    import altair as alt

    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelPadding=6, labelOverlap=False)
    return alt.X("x:O", title=None, sort=None, scale=alt.Scale(paddingInner=0.25), axis=axis)


def _colours(order: Sequence[str]) -> altair.Color:
    import altair as alt

    scale = alt.Scale(domain=list(order), range=[COLOURS[kind] for kind in order])
    return alt.Color("kind:N", legend=None, scale=scale)


def _whole(function: str = "") -> str:
    return f"format({function}(datum.value), ',.0f')"


def _config() -> dict[str, Any]:
    return {
        "aria": False,
        "background": None,
        "font": "system-ui",
        "view": {"stroke": None},
        "axis": {
            "labelColor": SOFT, "labelFontSize": 11.5, "gridColor": LINE, "domainColor": LINE, "tickColor": LINE,
            "grid": True, "domain": False, "ticks": False,
        },
        "axisX": {"grid": False},
        "axisBand": {"grid": False},
    }  # fmt: skip


def _spec(chart: Any, width: int, height: int) -> dict[str, Any]:
    """A chart's specification in Vega, without its data: built, validated and compiled once, filled for each page."""
    import vl_convert

    spec = chart.properties(width=width, height=height, padding=4, autosize="pad").to_dict()
    for layer in spec.get("layer", [spec]):
        if "x" in layer["encoding"]:
            layer["encoding"]["x"]["axis"]["values"] = _TO_FILL
    return vl_convert.vegalite_to_vega(spec | {"config": _config(), "datasets": {"values": []}})


# Stands in a specification for what bears a label on the axis across.
_TO_FILL = ["?"]


def _drawn(spec: dict[str, Any], values: list[dict[str, Any]], language: Language, shown: Sequence[str]) -> str:
    """A specification with its data, as SVG.

    Args:
        shown: what bears a label on the axis across.
    """
    filled = copy.deepcopy(spec)
    for data in filled["data"]:
        if data["name"] == "values":
            data["values"] = values
    for axis in filled["axes"]:
        if axis.get("values") == _TO_FILL:
            axis["values"] = list(shown)
    return _svg(json.dumps(filled), language.code)


@lru_cache(maxsize=64)
def _svg(spec: str, language: str) -> str:
    import vl_convert

    return vl_convert.vega_to_svg(spec, format_locale=_number_locale(language))


@cache
def _number_locale(code: str) -> dict[str, Any]:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    from orchestration import languages

    locale = languages.get(code).locale
    return {
        "decimal": get_decimal_symbol(locale), "thousands": get_group_symbol(locale), "grouping": [3],
        "currency": ["", ""],
    }  # fmt: skip


def _themed(svg: str) -> Markup:
    """The drawing with the page's colours and font, sized by the page, and with ids of its own."""
    number = crc32(svg.encode())
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"{variable}"')
    svg = re.sub(r' (font-family|pointer-events|opacity)="[^"]*"', "", svg)
    svg = _rounded(svg)
    svg = re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>s{number}-", svg)
    svg = re.sub(r' (xmlns:xlink|version|class|role|aria-[a-z]+)="[^"]*"', "", svg)
    # Hidden from screen readers: the figure around it has the text alternative, and the table beside it the numbers.
    svg = re.sub(r'^<svg ([^>]*?)width="(\d+)"', r'<svg aria-hidden="true" focusable="false" \1width="\2"', svg)
    return Markup(svg)


def _rounded(svg: str) -> str:
    """The drawing with numbers to a tenth of a pixel, which is enough, and a third of the size."""
    return re.sub(r"\d+\.\d{2,}", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), svg)
