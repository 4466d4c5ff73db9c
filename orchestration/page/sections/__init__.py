"""The page's sections, one module each: what it reads from the published tables, and which template says it.

A module has `TITLE` (a message) and `read(week, look)`, which returns what its template
(`templates/sections/<name>.html.j2`) needs, or None where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

# In the order of the page.
NAMES = (
    "headlines", "activity", "stages", "silence", "conversation", "pyramid", "first_steps", "retention", "hours",
    "content", "audience", "purchases", "voices", "safety", "quality",
)  # fmt: skip


def modules() -> Mapping[str, ModuleType]:
    """The sections in the order of the page."""
    return {name: import_module(f"{__name__}.{name}") for name in NAMES}
