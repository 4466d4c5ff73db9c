"""What pydantic found wrong with a config, in words for whoever wrote it: which key, and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel

from orchestration.config.sections import Config, Source


def place_of(location: tuple[int | str, ...], raw: Any) -> str:
    """A key's path as the user wrote it; list entries of [[sources]] by their name where they have one."""
    parts: list[str] = []
    value = raw
    for part in location:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:  # pydantic's name for one of the types that a value may have
            break
        named = isinstance(part, int) and isinstance(value, dict)
        parts.append(str(value.get("name", part)) if named else str(part))
    return ".".join(parts)


def words_of(item: Any, model: type[BaseModel]) -> str:
    """What is wrong with a key, given an error of pydantic's about a model: what was expected, and what was found."""
    kind, found = item["type"], repr(item["input"])
    if kind == "extra_forbidden":
        known = _keys(model, item["loc"][:-1])
        return f"unknown key; expected one of {', '.join(known)}" if known else "unknown key"
    if kind == "missing":
        return "this key is required"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind == "too_short":
        return "expected at least one"
    if kind in ("model_type", "dict_type"):
        return f"expected a section with keys (found {found[:80]})"
    if kind == "tuple_type":
        key = item["loc"][-1]
        if isinstance(item["input"], dict):
            return (
                f"expected a list of sections, each of which begins with [[{key}]]; found one that begins with [{key}]"
            )
        return f'expected a list, written {key} = ["...", "..."] (found {found[:80]})'
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (found {found[:80]})"


def _keys(model: Any, location: Sequence[int | str]) -> list[str]:
    """The keys of the section at a location."""
    for part in location:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation if part in model.model_fields else None
            model = next((a for a in (annotation, *get_args(annotation)) if hasattr(a, "model_fields")), None)
        if model is None:
            return []
    if model is Config:
        return [name for name in Config.model_fields if name != "file"]
    # A format's own keys stand among those that every source has.
    if not location:
        return [*Source.model_fields, *model.model_fields]
    return [field.alias or name for name, field in model.model_fields.items()]
