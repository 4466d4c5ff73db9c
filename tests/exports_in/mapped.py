"""Sources of the mapped formats, and tables written for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def table_source(columns: str = 'member = "who"\nat = "at"', more: str = 'type = "post"', after: str = "") -> str:
    """A source of the format `table`, with the given mapping."""
    head = '[[sources]]\nname = "group"\nformat = "table"\npath = "exports"\n'
    return f"{head}{more}\n[sources.columns]\n{columns}\n{after}\n"


def orders_source(
    columns: str = 'member = "who"\nat = "at"\namount = "total"', more: str = 'currency = "EUR"', path: str = "exports"
) -> str:
    """A source of the format `orders`, with the given mapping."""
    return f'[[sources]]\nname = "shop"\nformat = "orders"\npath = "{path}"\n{more}\n[sources.columns]\n{columns}\n'


def json_lines(*rows: Any) -> str:
    """One JSON value a line."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_parquet(path: Path, columns: dict[str, Sequence[Any] | pa.Array]) -> None:
    """Writes columns as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
