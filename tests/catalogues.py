"""All messages of the program, as Babel's extractor finds them; `python -m tests.catalogues` updates the catalogues.

A message that is new stands in the catalogues without a translation afterwards, and fails the tests until it has one.
"""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from expectations import suites
from orchestration.languages import LANGUAGES, po_file
from orchestration.warehouse import PROJECT

PROGRAM = Path(__file__).resolve().parent.parent / "orchestration"
_METHODS = [("**.py", "python"), ("**.html.j2", "jinja2")]
_KEYWORDS = {"gettext": None, "ngettext": (1, 2), "_": None, "mark": None}


def extracted() -> Catalog:
    """Every message that the program may show."""
    catalog = Catalog(fuzzy=False)
    found = extract_from_dir(
        PROGRAM,
        method_map=_METHODS,
        options_map={"**.html.j2": {"trimmed": "true", "silent": "false"}},
        keywords=_KEYWORDS,
    )
    for file, line, message, _, context in found:
        catalog.add(message, locations=[(file, line)], context=context)
    # Plays are data; those that we ship are translated.
    with (PROJECT / "seeds" / "winback_plays.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            catalog.add(row["words"])
    for promise in suites.readers_promises():
        catalog.add(promise)
    return catalog


def written(language: str) -> Catalog:
    """A language's catalogue as it stands in its file."""
    with po_file(language).open("rb") as lines:
        return read_po(lines, locale=language)


def update() -> None:
    """Adds new messages to the catalogues, and removes those that are gone."""
    messages = extracted()
    for language in LANGUAGES[1:]:
        catalog = written(language)
        catalog.update(messages, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        write(language, catalog)


def write(language: str, catalog: Catalog) -> None:
    """Puts a catalogue in its file, with no more of a head than what a reader of it needs."""
    out = BytesIO()
    write_po(out, catalog, width=120, no_location=True)
    head, _, entries = out.getvalue().decode("utf-8").partition("\n\n")
    kept = [line for line in head.splitlines() if line.startswith(_HEAD)]
    po_file(language).write_text("\n".join([_ABOUT, *kept]) + "\n\n" + entries, encoding="utf-8")


_ABOUT = "# `python -m tests.catalogues` adds new messages here; each of them needs its translation."
_HEAD = ("msgid", "msgstr", '"Language:', '"Plural-Forms', '"MIME', '"Content')


if __name__ == "__main__":
    update()
