"""The docs are held to the code: commands run, links lead somewhere, the reference of tables is current."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.communities import Place

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# ```console run``` and ```python run``` are run as they stand; <!-- run: ... --> is what a reader does by hand.
_RUN = re.compile(r"<!-- run: (?P<hidden>.*?) -->|```(?P<kind>console|python) run\n(?P<block>.*?)```", re.DOTALL)


def steps(page: Path) -> list[list[str]]:
    """The commands of a page's marked blocks, in their order."""
    found = []
    text = re.sub(r"(?m)^ {1,3}(?=```|\$ )", "", page.read_text(encoding="utf-8"))
    for mark in _RUN.finditer(text):
        if mark["kind"] == "python":
            found.append([sys.executable, "-c", mark["block"]])
            continue
        script = mark["hidden"] or "\n".join(
            line.removeprefix("$ ") for line in mark["block"].splitlines() if line.startswith("$ ")
        )
        found.append(["bash", "-euo", "pipefail", "-c", script])
    return found


MARKED = [page for page in PAGES if steps(page)]


def test_pages_have_commands_that_are_run():
    assert {page.name for page in MARKED} >= {"tutorial.md", "bi.md"}


@pytest.mark.parametrize("page", MARKED, ids=lambda page: page.name)
def test_the_commands_of_a_page_run(page: Path, sample: Place, tmp_path: Path):
    """In a folder that looks like a checkout after `make demo`."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    sample.copy(tmp_path / "demo")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("STILLHERE_", "DAGSTER_"))}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    for command in steps(page):
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
    if page.name == "tutorial.md":
        weeks = tmp_path / "my-community" / ".stillhere" / "published" / "weeks"
        assert (weeks / "index.html").exists() and (weeks / "2026-10-12" / "index.html").exists()


def test_the_reference_of_tables_is_current():
    writer = runpy.run_path(str(ROOT / "docs" / "write_tables.py"), run_name="docs")
    assert writer["TARGET"].read_text(encoding="utf-8") == writer["page"](), "run: python docs/write_tables.py"
    datasets = writer["datasets"]()
    assert "dim_member.yaml" in {file.name for file in datasets}
    for file, written in datasets.items():
        assert file.read_text(encoding="utf-8") == written, f"{file.name}: run python docs/write_tables.py"


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make, as GitHub writes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    text = re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"
