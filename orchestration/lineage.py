"""Which columns each column is computed from: read out of the models' compiled SQL once, and kept beside the project.

`dbt_project/lineage.json` is written by `python docs/write_lineage.py`; a test holds it to the models. Reading it from
the SQL takes seconds, for which dbt has to compile all models: too much for a run, and it is the same until the next
version.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg

from orchestration import warehouse

if TYPE_CHECKING:
    from sqlglot import exp

FILE = warehouse.PROJECT / "lineage.json"
_DIALECT = "duckdb"
_SHOWN_MODELS, _SHOWN_COLUMNS = 4, 6

# '<schema>.<model>' -> column -> the models that it is computed from, each with the columns of it that are read.
Lineage = dict[str, dict[str, dict[str, list[str]]]]


@cache
def kept() -> Lineage:
    """The lineage as it was last written down."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def with_lineage(spec: dg.AssetSpec, keys: Collection[dg.AssetKey]) -> dg.AssetSpec:
    """A model's asset whose columns say what they are computed from.

    As `dagster/column_lineage`, for whatever reads Dagster's catalog, and in words with each column's description:
    Dagster's own UI shows the former in its paid edition only.

    Args:
        keys: the assets that there are; models of formats that no source has are none.
    """
    known = {".".join(key.path) for key in keys}
    columns = {
        column: {model: names for model, names in sources.items() if model in known}
        for column, sources in kept().get(".".join(spec.key.path), {}).items()
    }
    if not columns:
        return spec
    deps = {
        column: [
            dg.TableColumnDep(asset_key=dg.AssetKey(model.split(".")), column_name=name)
            for model, names in sources.items()
            for name in names
        ]
        for column, sources in columns.items()
    }
    metadata = {**spec.metadata, "dagster/column_lineage": dg.TableColumnLineage(deps)}
    if isinstance(schema := metadata.get("dagster/column_schema"), dg.TableSchema):
        described = [
            dg.TableColumn(c.name, c.type, f"{c.description or ''}{_in_words(columns.get(c.name, {}))}")
            for c in schema.columns
        ]
        metadata["dagster/column_schema"] = dg.TableSchema(described)
    return spec.replace_attributes(metadata=metadata)


def _in_words(sources: Mapping[str, Sequence[str]]) -> str:
    """What a column is computed from, as a paragraph whose models are links."""
    if not sources:
        return ""
    parts = []
    for model, names in list(sources.items())[:_SHOWN_MODELS]:
        more = f" and {len(names) - _SHOWN_COLUMNS} more" if len(names) > _SHOWN_COLUMNS else ""
        link = f"[{model.partition('.')[2]}](/assets/{model.replace('.', '/')})"
        parts.append(f"{', '.join(f'`{name}`' for name in names[:_SHOWN_COLUMNS])}{more} of {link}")
    more = f"; and {len(sources) - _SHOWN_MODELS} more models" if len(sources) > _SHOWN_MODELS else ""
    return f"\n\nFrom {'; '.join(parts)}{more}."


def written(lineage: Lineage) -> str:
    """The file's text: a line a column, so that a change of a model shows as the columns that it changes."""
    models = (
        f"{json.dumps(model)}: {{\n"
        + ",\n".join(f"  {json.dumps(column)}: {json.dumps(sources)}" for column, sources in columns.items())
        + "\n}"
        for model, columns in lineage.items()
    )
    return "{" + ",\n".join(models) + "}\n"


def of_project(manifest: Mapping[str, Any]) -> Lineage:
    """The lineage of all models in SQL, from a manifest with their compiled code.

    A column is computed from the columns that its value is made of; what rows are chosen, joined or grouped by is not
    in it. The control tables are left out: they are a run's parameters. Models in Python are left out.
    """
    found = {
        _name(node): _of_model(node, manifest)
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["language"] == "sql"
    }
    return dict(sorted(found.items()))


def _name(props: Mapping[str, Any]) -> str:
    return f"{props['schema']}.{props['name']}"


def _of_model(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    from sqlglot import MappingSchema, parse_one
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    parents = [manifest["nodes"].get(key) or manifest["sources"][key] for key in node["depends_on"]["nodes"]]
    schema = MappingSchema(dialect=_DIALECT)
    for parent in parents:
        schema.add_table(_name(parent), dict.fromkeys(parent["columns"], "unknown"), dialect=_DIALECT)
    # As other relations are named, without the file's catalog.
    sql = node["compiled_code"].replace(f'"{node["database"]}".', "")
    query = qualify(
        parse_one(sql, dialect=_DIALECT), schema=schema, dialect=_DIALECT, validate_qualify_columns=False,
        identify=False,
    )  # fmt: skip
    _match_unions(query)
    scope = build_scope(query)
    models = {_name(parent) for parent in parents if parent["schema"] != "control"}
    return {column: _sources(column, query, scope, models) for column in query.named_selects}


def _sources(column: str, query: exp.Expression, scope: Any, models: set[str]) -> dict[str, list[str]]:
    """The columns of other models that a column is computed from."""
    from sqlglot import exp
    from sqlglot.lineage import lineage

    found: dict[str, set[str]] = {}
    # With the scope given, nothing is read anew for each column.
    tree = lineage(column, query, schema=None, scope=scope, dialect=_DIALECT, trim_selects=False, copy=False)
    for node in tree.walk():
        table = None if node.downstream else node.expression.find(exp.Table)
        if table is not None and (name := f"{table.db}.{table.name}") in models:
            found.setdefault(name, set()).add(exp.to_column(node.name).name)
    return {model: sorted(found[model]) for model in sorted(found)}


def _match_unions(query: exp.Expression) -> None:
    """Puts the columns of each `union all by name` in the same order, by which sqlglot matches them."""
    from sqlglot import exp

    for union in reversed(list(query.find_all(exp.SetOperation))):
        if not union.args.get("by_name"):
            continue
        names = list(dict.fromkeys([*union.left.named_selects, *union.right.named_selects]))
        for branch in _branches(union):
            given = {selected.alias_or_name: selected for selected in branch.selects}
            branch.set("expressions", [given.get(name) or exp.alias_(exp.null(), name) for name in names])


def _branches(query: exp.Expression) -> Sequence[exp.Select]:
    """The selects of a union, however deep."""
    from sqlglot import exp

    if isinstance(query, exp.SetOperation):
        return [*_branches(query.left), *_branches(query.right)]
    return [query.unnest()]
