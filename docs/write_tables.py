"""`python docs/write_tables.py`: writes every published table and column into docs/tables.md, and the dashboard's into
Superset's datasets (docs/bi/superset/).

The descriptions have one source: the models' yml files, from which the comments in the published file come too. A test
holds both to them.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import expectations  # noqa: E402
from orchestration import onboarding, publish, star  # noqa: E402

TARGET = ROOT / "docs" / "tables.md"
DATASETS = ROOT / "docs" / "bi" / "superset" / "datasets"
_HEAD = """\
# Tables and columns

Every published table and column in words: written by `python docs/write_tables.py` from the descriptions that are also
the comments in the published file. Do not edit it. [The metrics](metrics.md) explain the figures with examples;
[bi.md](bi.md) shows how to open them.

"""


def described_models() -> dict[str, dict[str, str]]:
    """The published dbt models: their description under the key '', and their columns'."""
    found = {}
    for file in sorted((ROOT / "dbt_project" / "models" / "reports").glob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", []):
            columns = {column["name"]: column["description"] for column in model["columns"]}
            found[model["name"]] = {"": model["description"], **columns}
    return found


def page() -> str:
    """The whole page."""
    models = described_models()
    order = [*expectations.REPORTS, *publish.WHOLE_TABLES]
    order += sorted(set(models) - set(order))
    parts = [_HEAD, "## Schema `reports`\n\n"]
    for name in order:
        if name == onboarding.AS_OF:
            parts += _section(onboarding.TABLE, onboarding.described(models[name]) | {"": onboarding.COMMENT})
        parts += _section(name, models[name])
    for name, columns in publish.own_tables().items():
        parts += _section(name, columns)
    parts.append("## Schema `star`\n\nThe same reports as facts (`report_activity` is `fact_activity`), and:\n\n")
    for name, dimension in star.dimensions().items():
        parts += _section(name, {"": dimension["description"], **dimension["columns"]})
    return "".join(parts).rstrip("\n") + "\n"


def datasets() -> dict[Path, str]:
    """Superset's datasets by file, with the descriptions that their columns bear in the published file."""
    described = {star.fact_of(name): columns for name, columns in described_models().items()}
    described |= {name: dimension["columns"] for name, dimension in star.dimensions().items()}
    found = {}
    for file in sorted(DATASETS.rglob("*.yaml")):
        dataset = yaml.safe_load(file.read_text(encoding="utf-8"))
        for column in dataset["columns"]:
            column["description"] = described[dataset["table_name"]][column["column_name"]]
        found[file] = yaml.safe_dump(dataset, sort_keys=False, allow_unicode=True)
    return found


def _section(name: str, words: Mapping[str, str]) -> Iterator[str]:
    yield f"### `{name}`\n\n{_cell(words[''])}\n\n| column | what it is |\n|---|---|\n"
    yield from (f"| `{column}` | {_cell(text)} |\n" for column, text in words.items() if column)
    yield "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    for file, text in {TARGET: page(), **datasets()}.items():
        file.write_text(text, encoding="utf-8")
        print(f"{file} written.")
