"""The files of an export, a folder or a zip, for the readers that need nothing but names and texts."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path


def files(path: Path) -> Iterator[tuple[str, str]]:
    """Name within the export and text of every file, in the order of the names."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.read_text(encoding="utf-8")
        return
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith("/"):
                yield name, archive.read(name).decode("utf-8")
