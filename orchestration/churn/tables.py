"""Rows made in Python as tables that dbt-duckdb takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow


def table_of(rows: Sequence[tuple[Any, ...]], types: Mapping[str, str]) -> pyarrow.Table:
    """A table of rows; typed also where there are none.

    Args:
        types: each column's Arrow type by name, in the order of the values; `list<T>` for lists of a type.
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    return table_of_columns(dict(zip(types, columns, strict=True)), types)


def table_of_columns(columns: Mapping[str, Any], types: Mapping[str, str]) -> pyarrow.Table:
    """The same of columns (sequences or arrays, by name): for very many rows."""
    import pyarrow

    lists = {
        name: pyarrow.list_(pyarrow.type_for_alias(kind[5:-1])) for name, kind in types.items() if kind[:5] == "list<"
    }
    return pyarrow.table({name: pyarrow.array(columns[name], lists.get(name, kind)) for name, kind in types.items()})
