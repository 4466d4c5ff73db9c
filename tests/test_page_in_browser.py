"""The weekly page in Chromium: accessible in light and dark, usable by keyboard, on a phone and on paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.page import render
from tests.communities import LAST, WEEK
from tests.test_page import add_lists, look

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: looking needs the dev dependencies")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe: it is a dev dependency")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH to look with"),
]
PHONE, DESK = {"width": 390, "height": 800}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def files(sample, tmp_path_factory) -> dict[str, Path]:
    """The sample's last page with made lists in it, in each language, and the index."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copy(sample.home.published, folder / "copy.duckdb")
    with duckdb.connect(str(folder / "copy.duckdb")) as connection:
        add_lists(connection, ("Ada", "W" * 200, "<script>alert(1)</script>"))
        html = {code: render.week_page(connection, LAST, look(code), "", LAST - WEEK) for code in ("en", "zh_CN", "id")}
        withheld = [(LAST, [("The week has rows at all.", "report_activity.rows_exist: observed nothing")])]
        html["index"] = render.index_page(connection, look(), withheld)
    files = {name: folder / f"{name}.html" for name in html}
    for name, file in files.items():
        file.write_text(html[name], encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, files):
    """Opens a page; fails where it asks for anything or complains."""
    pages, complaints = [], []

    def open_page(name: str, size: dict[str, int] = DESK, scheme: str = "light") -> Any:
        page = browser.new_page(viewport=size, color_scheme=scheme)
        pages.append(page)
        page.on("request", lambda request: complaints.append(request.url) if request.url[:5] != "file:" else None)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(files[name].as_uri())
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("en", DESK), ("en", PHONE), ("zh_CN", DESK), ("index", DESK)])
def test_axe_finds_nothing_serious(opened, name, size, scheme):
    page = opened(name, size, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    violations = axe.Axe().run(page).response["violations"]
    grave = [
        f"{found['id']} ({found['impact']}): {found['nodes'][0]['html'][:200]}"
        for found in violations
        if found["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_a_definition_opens_and_closes_by_keyboard(opened):
    page = opened("en")
    page.locator("main button.n").first.focus()
    page.keyboard.press("Enter")
    shown = page.locator("[popover]:popover-open")
    assert shown.count() == 1 and "report_activity.active_members" in shown.inner_text()
    assert "at least one active interaction" in shown.inner_text()
    page.keyboard.press("Escape")
    assert page.locator("[popover]:popover-open").count() == 0


@pytest.mark.parametrize("name", ["en", "zh_CN", "id", "index"])
def test_a_phone_scrolls_down_only(opened, name):
    page = opened(name, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert name == "index" or page.locator(".narrow svg").first.is_visible()
    assert not page.locator(".wide svg").first.is_visible() if name != "index" else True


def test_what_sources_show_fits_on_a_phone(opened):
    """Sentences are no figures: nobody scrolls sideways to read on, whatever the longest name of a format is."""
    table = opened("en", PHONE).locator("table.sources")
    name = "community <span class='small'>(stackexchange)</span>"
    too_wide = "(table, name) => (table.querySelector('tbody th').innerHTML = name,"
    assert table.evaluate(f"{too_wide} table.scrollWidth - table.parentElement.clientWidth)", name) <= 0


def test_dark_is_dark(opened):
    colours = [
        opened("en", scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert colours == ["rgb(252, 251, 247)", "rgb(20, 23, 26)"]
    bars = "getComputedStyle(document.querySelector('.chart svg [fill=\"var(--retained)\"]')).fill"
    assert opened("en").evaluate(bars) != opened("en", scheme="dark").evaluate(bars)


def test_it_prints(opened, tmp_path):
    page = opened("en")
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").read_bytes()[:5] == b"%PDF-"
    page.emulate_media(media="print")
    assert not page.locator("nav.weeks").is_visible()
    assert page.locator(".wide svg").first.is_visible()
